import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { KillClock } from './kill.ts';
import { isCode, type ProcessMark } from './proc.ts';
import { POSIX_PROCESSES, type Processes } from './processes.ts';
import { readMark, runState, type RunState } from './run-state.ts';

/** A run whose processes are the agent's to end, but not to wait for: they may be of an agent before this one. */
export interface Run {
  /** Resolves when nothing of it will come any more; it is ended or lost then. Never resolves after `signal`. */
  readonly over: Promise<void>;
  /** Ends all of it; false: not all could be ended. */
  readonly kill: () => Promise<boolean>;
}

/** Between two looks at a run that no child process tells of, milliseconds. */
const LOOK_MS = 200;
/**
 * How often a run is found lost before it is: a keeper that has just begun has not yet written who it is, and the guard
 * of one that was killed writes the end down a moment after it.
 */
const LOST_LOOKS = 10;
/** How long the leader of a run that was just started is waited for, and when it is looked for: milliseconds. */
const LEADER_MS = 2000;
const FIRST_LOOK_MS = 20;

/** Watches a run by its directory; `keeper` resolves when its keeper has ended, where that is this agent's child. */
export function watchRun(
  dir: string,
  clock: KillClock,
  signal: AbortSignal,
  keeper?: Promise<void>,
  processes: Processes = POSIX_PROCESSES,
): Run {
  const pause = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));
  let hasKeeperEnded = false;
  /** Ended by somebody who looked. */
  let isOver = false;
  /** Its leader, once it was seen: somebody may remove the directory of a run that goes on. */
  let seen: ProcessMark | undefined;

  async function watch(): Promise<void> {
    if (keeper !== undefined) {
      void noteLeader();
      await keeper;
      hasKeeperEnded = true;
    }
    let lost = 0;
    while (lost < LOST_LOOKS) {
      // The agent ends: whoever comes after it will look.
      if (signal.aborted) return new Promise(() => undefined);
      const { kind } = await stateNow();
      if (kind === 'ended' || (kind === 'gone' && !(await goesOn()))) break;
      lost = kind === 'lost' ? lost + 1 : 0;
      await pause(LOOK_MS);
    }
    isOver = true;
  }

  async function stateNow(): Promise<RunState | { readonly kind: 'gone' | 'unknown' }> {
    try {
      const state = await runState(dir, processes);
      if (state.kind === 'running') seen = state.leader ?? seen;
      return state;
    } catch (error) {
      // A disk that cannot be read is no end of a run.
      return { kind: isCode(error, 'ENOENT') ? 'gone' : 'unknown' };
    }
  }

  async function goesOn(): Promise<boolean> {
    return seen !== undefined && (await processes.runLives(seen));
  }

  /** Looks for the leader of a run that was just started, ever more seldom: a hundred agents may share the machine. */
  async function noteLeader(): Promise<void> {
    for (let ms = FIRST_LOOK_MS; ms < LEADER_MS; ms *= 2) {
      await pause(ms);
      if (hasKeeperEnded || signal.aborted || seen !== undefined) return;
      seen = readLeader();
    }
  }

  function readLeader(): ProcessMark | undefined {
    try {
      return readMark(dir, 'leader');
    } catch {
      // It is looked for again.
      return undefined;
    }
  }

  async function leader(): Promise<ProcessMark | undefined> {
    const until = clock.elapsed() + LEADER_MS;
    for (;;) {
      const { kind } = await stateNow();
      if (kind === 'ended') return undefined;
      if (seen !== undefined) return seen;
      if (signal.aborted || clock.elapsed() >= until) return undefined;
      await pause(FIRST_LOOK_MS);
    }
  }

  const over = watch();
  return {
    over,
    kill: async () => {
      if (isOver || (seen === undefined && (await forestall(dir)))) return true;
      const found = await leader();
      if (found === undefined) return (await stateNow()).kind !== 'unknown';
      return processes.endRun(found, clock);
    },
  };
}

/** Takes the place of a leader that is not there yet, so that it never begins; false when it is there. */
async function forestall(dir: string): Promise<boolean> {
  try {
    await (await open(join(dir, 'leader'), 'wx', 0o600)).close();
    return true;
  } catch (error) {
    // Without its directory nothing begins either; a full disk says nothing.
    return isCode(error, 'ENOENT');
  }
}
