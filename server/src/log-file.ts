import { once } from 'node:events';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import { ServerError } from './errors.ts';
import { makeDirectory } from './make-directory.ts';

export interface LogFileSettings {
  /** `log_directory` */
  directory: string;
  /** Bytes at which the file is rotated. */
  maxBytes: number;
  /** Rotated files that are kept. */
  keep: number;
}

/** Where lines of the log go. */
export interface LogFile {
  write(line: string): void;
  /** Writes to the file that has the name now: somebody else has moved the old one away. */
  reopen(): void;
  /** Resolves when everything is written. */
  close(): Promise<void>;
}

/** The name that the original's log had (ADDON A.6). */
const NAME = 'current';
/** Bytes that may wait for a slow disk; what comes above them is dropped and counted. */
const MAX_WAITING = 16 * 1024 * 1024;

/** Milliseconds after which a file that failed is opened again. */
const RETRY = 10_000;

/** Opens `current` in the directory; `current.1` is the newest rotated one. `complain` hears of a disk that fails. */
export async function openLogFile(
  settings: LogFileSettings,
  clock: { now(): number },
  complain: (text: string) => void,
): Promise<LogFile> {
  await makeDirectory('log_directory', settings.directory);
  let stream = await open(settings);
  let dropped = 0;
  let retryAt = 0;
  watch(stream);

  /** A stream that failed is at its end: lines go to whoever hears the complaints until the file is opened again. */
  function watch(watched: RotatingFileStream): void {
    watched.on('error', (error) => {
      retryAt = clock.now() + RETRY;
      complain(`log_directory: the log cannot be written: ${error.message}`);
    });
  }

  function reopen(): void {
    const old = stream;
    stream = create(settings);
    watch(stream);
    old.end();
  }

  const hasFailed = (): boolean => stream.destroyed || stream.errored !== null;

  return {
    write(line) {
      if (hasFailed() && clock.now() >= retryAt) reopen();
      if (hasFailed()) complain(line.trimEnd());
      else if (stream.writableLength > MAX_WAITING) dropped += 1;
      else {
        if (dropped > 0)
          complain(`log_directory: ${dropped} lines of the log are lost: the disk is slow`);
        dropped = 0;
        stream.write(line);
      }
    },
    reopen,
    async close() {
      if (hasFailed()) return;
      const finished = once(stream, 'close');
      stream.end();
      await finished.catch(() => undefined); // complained of already
    },
  };
}

async function open(settings: LogFileSettings): Promise<RotatingFileStream> {
  const stream = create(settings);
  try {
    await once(stream, 'open');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServerError('start_failed', `log_directory: cannot be used: ${reason}`, { cause });
  }
  return stream;
}

function create({ directory, maxBytes, keep }: LogFileSettings): RotatingFileStream {
  return createStream((index) => (typeof index === 'number' ? `${NAME}.${index}` : NAME), {
    path: directory,
    size: `${maxBytes}B`,
    rotate: keep,
    mode: 0o640,
  });
}
