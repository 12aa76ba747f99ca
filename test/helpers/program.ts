import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { findByEnvironment, findDescendants, killFound } from './descendants.ts';

/** How a program ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that runs beside the test. */
export interface Program {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly exited: Promise<Exit>;
  /** All that it printed so far, both streams in the order of their arrival. */
  output(): string;
  /** Waits for a line of its output, the past included; rejects at the deadline or the program's end. */
  line(wanted: RegExp, timeoutMs?: number): Promise<string>;
  /** Calls `take` with every whole line that it prints from now on, until the function that it answers is called. */
  onLine(take: (line: string) => void): () => void;
  /** Signals the program alone. */
  signal(signal: NodeJS.Signals): void;
  /** Asks it to end, kills it at the deadline, then kills what is left of its children. */
  stop(): Promise<Exit>;
}

/** What `startProgram` takes. */
export interface ProgramOptions {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  /** What asks this program to end at once; SIGTERM unless said. */
  readonly stopSignal?: NodeJS.Signals;
}

/** Every child inherits it, so that none can hide from `stop`. */
const marker = 'TEST_PROGRAM_OF_PUSHY';
/** Milliseconds: a cold start of a Ruby program on two busy cores takes several seconds. */
const readyTimeoutMs = 30_000;
/** Milliseconds from the request to end to the kill. */
const stopTimeoutMs = 10_000;

/** Starts a program; what it prints goes to its log file. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { name, file, args, logFile } = options;
  const mark = randomUUID();
  const log = createWriteStream(logFile, { flags: 'a' });
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...(options.env ?? process.env), [marker]: mark },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  let text = '';
  const watchers = new Set<() => void>();
  const take = (chunk: Buffer): void => {
    text += chunk.toString();
    log.write(chunk);
    for (const watch of watchers) watch();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const exited = new Promise<Exit>((resolve) => {
    child.on('exit', (code, signal) => {
      resolve({ code, signal });
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.on('spawn', resolve);
    child.on('error', (cause) => {
      reject(new Error(`${name}: ${file} could not be started: ${cause.message}`, { cause }));
    });
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${name} has no process id`);

  const line = (wanted: RegExp, timeoutMs = readyTimeoutMs): Promise<string> =>
    new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        watchers.delete(watch);
        settle();
      };
      const fail = (why: string): void => {
        end(() => {
          reject(new Error(`${name} ${why} ${String(wanted)}:\n${tail(text)}`));
        });
      };
      const watch = (): void => {
        const found = text.split('\n').find((l) => wanted.test(l));
        if (found !== undefined) {
          end(() => {
            resolve(found);
          });
        }
      };
      const timer = setTimeout(() => {
        fail(`did not print within ${timeoutMs} ms`);
      }, timeoutMs);
      watchers.add(watch);
      watch();
      void exited.then((exit) => {
        if (watchers.has(watch)) fail(`ended (${exit.signal ?? String(exit.code)}) before`);
      });
    });

  const onLine = (take: (line: string) => void): (() => void) => {
    let read = text.lastIndexOf('\n') + 1;
    const watch = (): void => {
      for (let end = text.indexOf('\n', read); end >= 0; end = text.indexOf('\n', read)) {
        const whole = text.slice(read, end);
        read = end + 1;
        take(whole);
      }
    };
    watchers.add(watch);
    return () => watchers.delete(watch);
  };

  const stop = async (): Promise<Exit> => {
    const children = findDescendants(pid);
    if (child.exitCode === null && child.signalCode === null) child.kill(options.stopSignal);
    const exit = await withDeadline(exited, stopTimeoutMs, () => child.kill('SIGKILL'));
    killFound(children);
    // A child of a child that was not there a moment ago is found by what it inherited.
    for (let left = findByEnvironment(marker, mark); left.length > 0;) {
      killFound(left);
      await sleep(10);
      left = findByEnvironment(marker, mark);
    }
    child.stdout.destroy();
    child.stderr.destroy();
    if (!log.writableFinished) {
      log.end();
      await finished(log);
    }
    return exit;
  };

  return {
    name,
    pid,
    logFile,
    exited,
    output: () => text,
    line,
    onLine,
    signal: (signal) => {
      child.kill(signal);
    },
    stop,
  };
}

/** The last 4 KB of an output. */
export function tail(text: string): string {
  return text.length > 4096 ? `…${text.slice(-4096)}` : text;
}

async function withDeadline<T>(
  promise: Promise<T>,
  timeoutMs: number,
  onLate: () => void,
): Promise<T> {
  const timer = setTimeout(onLate, timeoutMs);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
