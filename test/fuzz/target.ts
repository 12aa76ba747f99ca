import fc from 'fast-check';

/** Something that reads what strangers send. */
export interface FuzzTarget {
  readonly name: string;
  /** How many of a hundred inputs are its. */
  readonly share: number;
  /** Lets it read `runs` inputs, the same for the same seed; the first batch begins with the corpus. */
  batch(options: BatchOptions): Promise<BatchResult>;
  close?(): Promise<void>;
}

export interface BatchOptions {
  readonly seed: number;
  readonly runs: number;
  readonly corpus: boolean;
  /** Called before each input: whoever watches sees that it goes on. */
  readonly onInput?: () => void;
}

export interface BatchResult {
  readonly runs: number;
  /** Milliseconds that the slowest input took. */
  readonly slowest: number;
}

/** What a target is made of. `check` throws when the reader did something that it must not do. */
export interface TargetParts<T> {
  readonly name: string;
  readonly share: number;
  readonly inputs: fc.Arbitrary<T>;
  readonly corpus: readonly T[];
  readonly check: (input: T) => void | Promise<void>;
  readonly close?: () => Promise<void>;
}

/** Milliseconds that one input may take, on a busy machine. */
const PATIENCE = 2000;

/** Makes a target; a batch rejects with the smallest input that breaks it. */
export function makeTarget<T>(parts: TargetParts<T>): FuzzTarget {
  const { name, share, inputs, corpus, check, close } = parts;
  return {
    name,
    share,
    ...(close === undefined ? {} : { close }),
    batch: async ({ seed, runs, corpus: withCorpus, onInput }) => {
      let slowest = 0;
      let count = 0;
      const property = fc.asyncProperty(inputs, async (input) => {
        onInput?.();
        count += 1;
        const from = performance.now();
        // Most readers are synchronous: a promise for each of a million inputs would cost more than they do.
        const later = check(input);
        if (later !== undefined) await later;
        const took = performance.now() - from;
        slowest = Math.max(slowest, took);
        if (took > PATIENCE) throw new Error(`one input took ${Math.round(took)} ms`);
      });
      const examples = withCorpus ? corpus.map((input): [T] => [input]) : [];
      await fc.assert(property, { seed, numRuns: runs + examples.length, examples });
      return { runs: count, slowest };
    },
  };
}
