import { closeSync, openSync, writeSync } from 'node:fs';
import { userInfo } from 'node:os';
import { AgentError, messageOf } from './errors.ts';

/** A log file that is written line by line, always at its end: it survives copytruncate. */
export interface LogFile {
  write(line: string): void;
  /** Opens the file by its name again, after it was moved away (HUP). */
  reopen(): void;
}

/**
 * Opens the file that `from` names; throws an AgentError when that cannot be. Lines that a full disk refuses are lost.
 */
export function openLogFile({ path, from }: { path: string; from: string }): LogFile {
  let file = open();
  let isFull = false;

  function open(): number {
    try {
      return openSync(path, 'a', 0o640);
    } catch (error) {
      const what = `${from}: the log file ${path} cannot be opened: ${messageOf(error)}`;
      const advice = `name a file in a directory that is there and that ${userName()} may write to, or STDOUT`;
      throw new AgentError('bad_config', `${what}; ${advice}`, { cause: error });
    }
  }

  return {
    write: (line) => {
      try {
        writeSync(file, isFull ? `(lines were lost)\n${line}` : line);
        isFull = false;
      } catch {
        isFull = true;
      }
    },
    reopen: () => {
      const next = open();
      closeSync(file);
      file = next;
    },
  };
}

/** The user whose rights count, by name where the system knows it. */
function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // A user id without an entry.
    if (error instanceof Error && 'code' in error) return 'this user';
    throw error;
  }
}
