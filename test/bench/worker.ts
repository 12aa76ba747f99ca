import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of the bench's own, that does what it is asked. */
export interface Worker {
  readonly pid: number;
  /** Rejects with what went wrong there, or when it ends. */
  ask<T>(what: string, about?: object): Promise<T>;
  end(): Promise<void>;
}

interface Request {
  id: number;
  what: string;
  about: object;
}
type Answer = { id: number; value: unknown } | { id: number; error: string };

/** Starts a program that calls `serve`; it ends with this process at the latest. */
export function startWorker(file: URL): Worker {
  const child = fork(fileURLToPath(file), {
    execArgv: ['--import', 'ts-blank-space/register', '--conditions=@pushy/source'],
    serialization: 'advanced',
  });
  const waiting = new Map<number, (answer: Answer) => void>();
  let asked = 0;
  let over: string | undefined;
  child.on('message', (message) => {
    const answer = message as Answer;
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  child.on('exit', (code, signal) => {
    over = `${file.pathname} ended (${signal ?? String(code)})`;
    for (const [id, settle] of waiting) settle({ id, error: over });
    waiting.clear();
  });
  return {
    pid: child.pid ?? 0,
    ask: <T>(what: string, about: object = {}) =>
      new Promise<T>((resolve, reject) => {
        if (over !== undefined) {
          reject(new Error(over));
          return;
        }
        const id = ++asked;
        waiting.set(id, (answer) => {
          if ('error' in answer) reject(new Error(answer.error));
          else resolve(answer.value as T);
        });
        const request: Request = { id, what, about };
        child.send(request);
      }),
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      // It holds nothing that is worth a farewell.
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The worker's side: answers requests until the process that started it is gone. */
export function serve(handlers: Readonly<Record<string, (about: never) => unknown>>): void {
  process.on('disconnect', () => {
    process.exit();
  });
  process.on('message', (message) => {
    const { id, what, about } = message as Request;
    const handler = handlers[what];
    new Promise((resolve, reject) => {
      if (handler === undefined) reject(new Error(`nobody here can ${what}`));
      else resolve(handler(about as never));
    }).then(
      (value) => process.send?.({ id, value }),
      (error: unknown) => process.send?.({ id, error: String(error) }),
    );
  });
}
