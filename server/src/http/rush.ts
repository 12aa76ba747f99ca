/** What the gate needs. */
export interface RushDeps {
  clock: { after(ms: number, action: () => void): () => void };
}

/** Lets requests in a few at a time, so that messages of nodes are read between them whatever comes over HTTP. */
export interface Rush {
  /** Undefined: there is no room. Otherwise resolves when it is this request's turn; the answer must be called once. */
  enter(): Promise<(() => void) | undefined>;
}

/** Requests that begin in one turn of the event loop; together they take it for some milliseconds. */
const PER_TURN = 16;
/** Requests that are being answered: as many as there are connections to a Chef server; jobs need the database too. */
const AT_ONCE = 64;
/** Requests that wait for their turn. */
const MAX_WAITING = 1_024;
/** Milliseconds that one waits at most. */
const PATIENCE = 10_000;

type Settle = (leave: (() => void) | undefined) => void;

export function makeRush({ clock }: RushDeps): Rush {
  const waiting = new Set<Settle>();
  let busy = 0;
  let begun = 0;
  let turning = false;

  function begin(): () => void {
    busy += 1;
    begun += 1;
    if (!turning) {
      turning = true;
      clock.after(1, turn);
    }
    let left = false;
    return () => {
      if (left) return;
      left = true;
      busy -= 1;
      letIn();
    };
  }

  function turn(): void {
    turning = false;
    begun = 0;
    letIn();
  }

  function letIn(): void {
    for (const settle of waiting) {
      if (!hasRoom()) return;
      settle(begin());
    }
  }

  const hasRoom = (): boolean => begun < PER_TURN && busy < AT_ONCE;

  return {
    enter() {
      if (waiting.size === 0 && hasRoom()) return Promise.resolve(begin());
      if (waiting.size >= MAX_WAITING) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        const settle: Settle = (leave) => {
          cancel();
          waiting.delete(settle);
          resolve(leave);
        };
        const cancel = clock.after(PATIENCE, () => {
          settle(undefined);
        });
        waiting.add(settle);
      });
    },
  };
}
