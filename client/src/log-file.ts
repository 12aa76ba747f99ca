import { closeSync, openSync, writeSync } from 'node:fs';
import { AgentError, messageOf } from './errors.ts';

/** A log file that is written line by line, always at its end: it survives copytruncate. */
export interface LogFile {
  write(line: string): void;
  /** Opens the file by its name again, after it was moved away (HUP). */
  reopen(): void;
}

/** Opens the file; throws an AgentError when that cannot be. Lines that a full disk refuses are lost. */
export function openLogFile(path: string): LogFile {
  let file = open();
  let isFull = false;

  function open(): number {
    try {
      return openSync(path, 'a', 0o640);
    } catch (error) {
      const what = `the log file ${path} cannot be opened: ${messageOf(error)}`;
      throw new AgentError('bad_config', what, { cause: error });
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
