import { sleep, type Clock } from '../clock.ts';
import { backoff } from '../core/backoff.ts';
import { messageOf } from '../errors.ts';
import type { FetchFailure } from '../link/fetch-failure.ts';
import type { Log } from '../log.ts';
import type { Session } from '../link/session.ts';

/** A fetched configuration, or why there is none. */
export type Fetched = { ok: true; session: Session } | { ok: false; failure: FetchFailure };

/** What the loop needs. */
export interface ReconfigureDeps {
  readonly clock: Pick<Clock, 'elapsed' | 'after'>;
  readonly random: () => number;
  readonly log: Log;
  readonly fetch: (signal: AbortSignal) => Promise<Fetched>;
  readonly apply: (session: Session) => void;
  readonly isJobActive: () => boolean;
  /** Longest wait between two attempts, milliseconds: one heartbeat interval (Decision 9). */
  readonly retryCapMs: () => number;
}

/** Fetches the configuration at the start, and again whenever something asks for it. */
export interface Reconfigure {
  run(signal: AbortSignal): Promise<void>;
  request(request: ReconfigureRequest): void;
  /** What was asked for these reasons is not needed any more: not even what is being tried. */
  forget(reasons: readonly string[]): void;
  /** Looks again at what was put off: the last job has ended. */
  wake(): void;
}

/** Asks for a fresh configuration. */
export interface ReconfigureRequest {
  readonly reason: string;
  /** Milliseconds from now. */
  readonly delayMs: number;
  /** The channel is dead, so there is nothing to disturb: does not wait for the end of a job. */
  readonly isUrgent: boolean;
}

interface Due {
  readonly reason: string;
  readonly at: number;
  readonly isUrgent: boolean;
}

/** Makes the loop. */
export function makeReconfigure(deps: ReconfigureDeps): Reconfigure {
  const { clock, log, random } = deps;
  const due = new Map<string, Due>();
  let wakeUp: () => void = () => undefined;
  /** The reason of the fetch that is being tried, unless it is not needed any more. */
  let wanted: string | undefined;

  function request({ reason, delayMs, isUrgent }: ReconfigureRequest): void {
    const at = clock.elapsed() + delayMs;
    // Asked for again: the first moment counts.
    if ((due.get(reason)?.at ?? Infinity) <= at) return;
    due.set(reason, { reason, at, isUrgent });
    wakeUp();
  }

  /** Until it is time, or something has changed. The end of each job wakes it: no signal of its own, which is an error each. */
  function nap(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = clock.after(ms, end);
      signal.addEventListener('abort', end);
      wakeUp = end;
    });
  }

  async function nextDue(signal: AbortSignal): Promise<Due | undefined> {
    while (!signal.aborted) {
      const now = clock.elapsed();
      const isBusy = deps.isJobActive();
      const open = [...due.values()].filter((d) => d.isUrgent || !isBusy);
      const ready = open.find((d) => d.at <= now);
      if (ready !== undefined) return ready;
      await nap(Math.min(...open.map((d) => d.at - now), LONGEST_NAP_MS), signal);
    }
    return undefined;
  }

  /** Tries until a configuration has been fetched and the sockets were opened with it. */
  async function configure(reason: string, signal: AbortSignal): Promise<Session | undefined> {
    const isOver = (): boolean => signal.aborted || wanted !== reason;
    wanted = reason;
    for (let attempt = 0; !isOver(); attempt++) {
      const fetched = await deps.fetch(signal);
      if (isOver()) break;
      const failure = fetched.ok ? apply(fetched.session) : fetched.failure;
      if (fetched.ok && failure === undefined) return fetched.session;
      const fields = { ...failure, reason, attempt: attempt + 1 };
      // The same sentence at every second of an outage would fill the disk: 1, 2, 4, 8, … and every 64th.
      if (isWorthSaying(attempt + 1)) log.warn(fields, 'no configuration from the server');
      else log.debug(fields, 'no configuration from the server');
      await sleep(clock, backoff(attempt, deps.retryCapMs(), random), signal);
    }
    return undefined;
  }

  /** An address or a key that libzmq refuses is a failure of the server, not the end of the agent. */
  function apply(session: Session): FetchFailure | undefined {
    try {
      deps.apply(session);
      return undefined;
    } catch (error) {
      const what = `the sockets cannot be opened: ${messageOf(error)}`;
      const where = session.config.push_jobs.heartbeat.command_addr;
      const cause = 'answer_unreadable';
      return {
        cause,
        what,
        where,
        advice: 'Check server_name and the ports of the Push Jobs server.',
      };
    }
  }

  return {
    request,
    forget: (reasons) => {
      for (const reason of reasons) {
        due.delete(reason);
        if (reason === wanted) wanted = undefined;
      }
    },
    wake: () => {
      wakeUp();
    },
    run: async (signal) => {
      request({ reason: 'start', delayMs: 0, isUrgent: true });
      for (let asked = await nextDue(signal); asked !== undefined; asked = await nextDue(signal)) {
        const { reason } = asked;
        if (reason !== 'start') log.info({ reason }, 'fetching the configuration again');
        const session = await configure(reason, signal);
        // What was asked for has come by itself; or it is all over.
        if (session === undefined) continue;
        due.clear();
        // Up to a tenth earlier, so that nodes that started together drift apart (REFERENCE 16).
        const lifetimeMs = session.config.lifetime * 1000 * (1 - random() / 10);
        request({ reason: 'lifetime', delayMs: lifetimeMs, isUrgent: false });
      }
    },
  };
}

/** Longest sleep of the loop, milliseconds: timers take no more than 2^31. */
const LONGEST_NAP_MS = 3_600_000;

function isWorthSaying(attempt: number): boolean {
  return attempt % 64 === 0 || (attempt < 64 && Number.isInteger(Math.log2(attempt)));
}
