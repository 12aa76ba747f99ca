import type { wireState } from '../core/runner.ts';
import type { RunResult } from './run-result.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Draft } from '../link/outbox.ts';

/** Results on their way: each is kept until the server has it (Decision 5). */
export interface Results {
  /** A run is over. */
  add(jobId: string): void;
  /** The server has it. */
  acknowledged(jobId: string): void;
  /** A configuration was received: whether the server acknowledges. Without that, sent is as good as received. */
  open(acknowledges: boolean): void;
  /** A new connection: what went out on the old one may be lost. */
  connected(): void;
  /** A heartbeat goes out. */
  beat(): void;
  /** The oldest one that the server may not have. */
  oldest(): string | undefined;
  /** So many that no other job may be taken. */
  isFull(): boolean;
}

/** What the results need. */
export interface ResultsDeps {
  /** Undefined: nothing is known of the run any more. */
  readonly read: (jobId: string) => Promise<RunResult | undefined>;
  readonly post: (draft: Draft) => void;
  /** Forgets the run: its result is where it belongs. */
  readonly remove: (jobId: string) => Promise<void>;
  readonly log: Log;
}

/** Heartbeats on one connection before a result that is not acknowledged is sent again. */
const BEATS = 5;
/** Results that wait at most: a server that goes on without them does not want them. */
const MAX_WAITING = 16;

interface Waiting {
  /** Heartbeats since it was sent; undefined: it is on its way to the socket. */
  beats: number | undefined;
}

/** Makes it, with nothing to send. */
export function makeResults({ read, post, remove, log }: ResultsDeps): Results {
  const waiting = new Map<string, Waiting>();
  let acknowledges: boolean | undefined;

  async function send(jobId: string): Promise<void> {
    const mine = waiting.get(jobId);
    if (mine === undefined || acknowledges === undefined) return;
    mine.beats = undefined;
    let result: RunResult | undefined;
    try {
      result = await read(jobId);
    } catch (error) {
      // Not for ever: it is tried again as if it had been sent.
      log.error({ jobId, error: messageOf(error) }, 'the result of a run cannot be read');
      mine.beats = 0;
      return;
    }
    if (waiting.get(jobId) !== mine) return;
    if (result === undefined) {
      log.error({ jobId }, 'what is known of a run is gone from the spool: reported as failed');
    }
    post({
      ...draftOfResult(jobId, result ?? { outcome: 'failed' }),
      onSent: () => {
        sent(jobId, mine);
      },
    });
  }

  function sent(jobId: string, mine: Waiting): void {
    mine.beats = 0;
    log.debug({ jobId }, 'result sent');
    if (acknowledges === false) done(jobId);
  }

  function done(jobId: string): void {
    if (!waiting.delete(jobId)) return;
    remove(jobId).catch((error: unknown) => {
      log.warn({ jobId, error: messageOf(error) }, 'the spool of a run cannot be removed');
    });
  }

  function sendAll(): void {
    for (const jobId of waiting.keys()) void send(jobId);
  }

  return {
    add: (jobId) => {
      waiting.set(jobId, { beats: undefined });
      void send(jobId);
    },
    acknowledged: (jobId) => {
      if (waiting.has(jobId)) log.info({ jobId }, 'the server has the result');
      done(jobId);
    },
    open: (does) => {
      acknowledges = does;
      sendAll();
    },
    connected: sendAll,
    beat: () => {
      for (const [jobId, mine] of waiting) {
        if (mine.beats !== undefined && ++mine.beats >= BEATS) void send(jobId);
      }
    },
    oldest: () => waiting.keys().next().value,
    isFull: () => waiting.size >= MAX_WAITING,
  };
}

/** What a heartbeat says; idle would say that there is no result (Decision 5). */
export function withResults(
  mine: ReturnType<typeof wireState>,
  results: Pick<Results, 'oldest'>,
): ReturnType<typeof wireState> {
  const oldest = results.oldest();
  return mine.jobState === 'idle' && oldest !== undefined
    ? { jobState: 'running', jobId: oldest }
    : mine;
}

/** The end of a run, as the wire has it (REFERENCE 15.6). */
export function draftOfResult(jobId: string, { outcome, output }: RunResult): Draft {
  const { stdout, stderr } = output ?? {};
  return {
    type: outcome,
    members: { job_id: jobId, ...(output === undefined ? {} : { stdout, stderr }) },
    // One of a job waits at most, however often it is sent.
    key: `result ${jobId}`,
  };
}
