import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** What an agent says, before it is numbered, dated and signed: that happens when it is really sent. */
export interface Draft {
  readonly type: string;
  /** Members that follow what every body starts with (REFERENCE 15.6), in this order. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Of those with the same key that wait, the newest alone is sent. */
  readonly key?: string;
  /** It went out to a connection that stands. */
  readonly onSent?: () => void;
}

/** Messages on their way to the server: one at a time in the socket, the others wait here. */
export interface Outbox {
  post(draft: Draft): void;
  /** The sockets were opened: what waits is sent. */
  resume(): void;
  readonly waiting: number;
}

/** What the outbox needs. */
export interface OutboxDeps {
  /** Sends one message; rejects when it did not go out. */
  readonly send: (draft: Draft) => Promise<void>;
  /** A message did not go out; it stays first in the queue until `resume`. */
  readonly onFailure: (why: string) => void;
  readonly log: Pick<Log, 'warn'>;
}

/** Answers that wait at most; a server that asks for more without a connection is not one. */
const OUTBOX_LIMIT = 100;

/** Makes an empty outbox. */
export function makeOutbox({ send, onFailure, log }: OutboxDeps): Outbox {
  const queue: Draft[] = [];
  let isSending = false;
  let isHeld = false;
  let openings = 0;

  async function pump(): Promise<void> {
    if (isSending) return;
    isSending = true;
    for (let first = queue[0]; first !== undefined && !isHeld; first = queue[0]) {
      const before = openings;
      try {
        await send(first);
        // It may have been pushed out of a full queue meanwhile.
        if (queue[0] === first) queue.shift();
        first.onSent?.();
      } catch (error) {
        // Sockets that were closed to be opened again take the message with them: it is sent on the new ones.
        if (before !== openings) continue;
        isHeld = true;
        onFailure(messageOf(error));
      }
    }
    isSending = false;
  }

  return {
    post: (draft) => {
      // An older heartbeat that still waits says nothing more.
      const stale = queue.findIndex(
        ({ key }, index) => key !== undefined && key === draft.key && (index > 0 || !isSending),
      );
      if (stale >= 0) queue.splice(stale, 1);
      if (queue.length >= OUTBOX_LIMIT) {
        const [dropped] = queue.splice(isSending ? 1 : 0, 1);
        log.warn(
          { type: dropped?.type },
          'too many messages wait for the server, the oldest is dropped',
        );
      }
      queue.push(draft);
      void pump();
    },
    resume: () => {
      isHeld = false;
      openings++;
      void pump();
    },
    get waiting() {
      return queue.length;
    },
  };
}
