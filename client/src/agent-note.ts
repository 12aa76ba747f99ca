import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isoTime, sleep, type Clock } from './clock.ts';
import { messageOf } from './errors.ts';
import type { Log } from './log.ts';

/** What a running agent leaves in its state directory, for the doctor: what it runs with, and how it is. */
export interface AgentNote {
  readonly pid: number;
  readonly node: string;
  readonly server: string;
  /** The configuration file that it has read. */
  readonly config?: string;
  /** Since when it hears its server; absent: it does not, or is refused by it. */
  readonly hearsSince?: string;
}

/** Between two looks at the agent, milliseconds. */
const LOOK_MS = 2000;

/** What keeping the note needs. */
export interface NoteKeeping {
  readonly clock: Pick<Clock, 'after' | 'now'>;
  readonly log: Log;
  readonly stateDir: string;
  readonly note: Omit<AgentNote, 'hearsSince'>;
  readonly isOnline: () => boolean;
}

/** Keeps the note true until `signal` is aborted. */
export async function keepNote(
  { clock, log, stateDir, note, isOnline }: NoteKeeping,
  signal: AbortSignal,
): Promise<void> {
  let written: boolean | undefined;
  let isFailing = false;
  while (!signal.aborted) {
    const hears = isOnline();
    if (hears !== written) {
      const whole = hears ? { ...note, hearsSince: isoTime(clock.now()) } : note;
      try {
        writeNote(stateDir, whole);
        written = hears;
        isFailing = false;
      } catch (error) {
        // It is for people alone: a full disk does not end an agent. What is there would not be true any more.
        forgetNote(stateDir);
        if (!isFailing)
          log.debug({ error: messageOf(error) }, 'the note for the doctor cannot be written');
        isFailing = true;
      }
    }
    await sleep(clock, LOOK_MS, signal);
  }
}

/** What the agent of this process says, if it says anything that can be read. */
export function readNote(stateDir: string, pid: number | undefined): AgentNote | undefined {
  try {
    const note = JSON.parse(readFileSync(file(stateDir), 'utf8')) as AgentNote;
    // That of an agent which has ended stays.
    return note.pid === pid ? note : undefined;
  } catch {
    // None, or none that this user may read.
    return undefined;
  }
}

/** Whole at every moment. */
function writeNote(stateDir: string, note: AgentNote): void {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const written = `${file(stateDir)}.new`;
  writeFileSync(written, `${JSON.stringify(note)}\n`, { mode: 0o600 });
  renameSync(written, file(stateDir));
}

function forgetNote(stateDir: string): void {
  try {
    rmSync(file(stateDir), { force: true });
  } catch {
    // A disk that takes nothing back either has been said already; the next look tries it again.
    return;
  }
}

function file(stateDir: string): string {
  return join(stateDir, 'agent.json');
}
