export interface BatchedDeps<Q, A> {
  /** The same for questions that one answer serves. */
  keyOf: (question: Q) => string;
  /** Answers all, in the order of the questions. */
  ask: (questions: readonly Q[]) => Promise<readonly A[]>;
  /** Questions that are asked together at most. */
  max: number;
  /** Batches that are on their way at the same time: one that hangs does not hold up all others. */
  atOnce: number;
}

interface Waiting<Q, A> {
  readonly question: Q;
  readonly answer: Promise<A>;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Questions that come while others are on their way are asked together, as soon as one of those is back. Nothing is
 * remembered: whatever is answered was asked after its question came.
 */
export function makeBatched<Q, A>(deps: BatchedDeps<Q, A>): (question: Q) => Promise<A> {
  const { keyOf, ask, max, atOnce } = deps;
  const waiting = new Map<string, Waiting<Q, A>>();
  let onTheirWay = 0;

  async function send(): Promise<void> {
    const keys = [...waiting.keys()].slice(0, max);
    const batch = keys.flatMap((key) => waiting.get(key) ?? []);
    for (const key of keys) waiting.delete(key);
    onTheirWay += 1;
    try {
      const answers = await ask(batch.map(({ question }) => question));
      if (answers.length !== batch.length) throw new Error('questions were not answered');
      answers.forEach((answer, i) => batch[i]?.resolve(answer));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    onTheirWay -= 1;
    if (waiting.size > 0) void send();
  }

  return (question) => {
    const key = keyOf(question);
    const known = waiting.get(key);
    if (known !== undefined) return known.answer;
    const entry = wait<Q, A>(question);
    waiting.set(key, entry);
    if (onTheirWay < atOnce) void send();
    return entry.answer;
  };
}

function wait<Q, A>(question: Q): Waiting<Q, A> {
  let settle: Pick<Waiting<Q, A>, 'resolve' | 'reject'> | undefined;
  const answer = new Promise<A>((resolve, reject) => {
    settle = { resolve, reject };
  });
  if (settle === undefined) throw new Error('a promise did not begin');
  return { question, answer, ...settle };
}
