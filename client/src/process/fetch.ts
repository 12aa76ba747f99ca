import { fork, type ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Get, HttpAnswer } from '../http-get.ts';

/** What the child is asked. */
export interface FetchRequest extends Omit<Get, 'url' | 'signal'> {
  readonly id: number;
  readonly url: string;
}

/** What the child answers; of an error, what `fetch-failure.ts` reads. */
export type FetchReply = { readonly id: number } & (
  | { readonly ok: true; readonly answer: HttpAnswer }
  | { readonly ok: false; readonly message: string; readonly code?: string | undefined }
);

/** GETs that are made by another process. */
export interface Fetcher {
  /** As `httpGet` does. */
  get(request: Get): Promise<HttpAnswer>;
  /** Starts the child before it is needed. */
  warm(): void;
}

/** How long a child is kept that nobody asks any more, milliseconds: attempts that fail follow one another. */
const IDLE_MS = 5000;

/**
 * Fetches in a child process, which ends when nothing was asked for a while: HTTP, TLS and the certificates of its
 * authorities take 5 to 15 MB, which the agent would keep for ever for one request an hour.
 */
export function makeFetcher(after: (ms: number, action: () => void) => () => void): Fetcher {
  const waiting = new Map<number, (reply: FetchReply) => void>();
  let count = 0;
  let child: ChildProcess | undefined;
  let cancelIdle = (): void => undefined;

  function start(): ChildProcess {
    const own = fileURLToPath(import.meta.url);
    const program = own.replace(/fetch\.[jt]s$/, `fetch-child${extname(own)}`);
    const started = fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    started.on('message', (reply: FetchReply) => {
      waiting.get(reply.id)?.(reply);
    });
    const end = (how: string): void => {
      if (child !== started) return;
      child = undefined;
      for (const [id, settle] of waiting) {
        settle({ id, ok: false, message: `the process that fetches ${how}` });
      }
    };
    started.once('error', ({ message }) => {
      end(`failed: ${message}`);
    });
    started.once('exit', (code, signal) => {
      end(`ended with ${signal ?? String(code)}`);
    });
    return started;
  }

  /** The child, for as long as it is asked within the time that it is kept. */
  function use(): ChildProcess {
    child ??= start();
    keep();
    return child;
  }

  function keep(): void {
    cancelIdle();
    cancelIdle = after(IDLE_MS, () => {
      if (waiting.size > 0) {
        keep();
        return;
      }
      const old = child;
      child = undefined;
      if (old?.connected === true) old.disconnect();
    });
  }

  async function ask(request: Omit<FetchRequest, 'id'>, signal: AbortSignal): Promise<FetchReply> {
    const id = ++count;
    try {
      return await new Promise<FetchReply>((resolve, reject) => {
        waiting.set(id, resolve);
        signal.addEventListener('abort', () => {
          reject(abortOf(signal));
        });
        if (signal.aborted) reject(abortOf(signal));
        // The child's end settles what cannot be sent to it.
        else use().send({ id, ...request }, () => undefined);
      });
    } finally {
      waiting.delete(id);
      // It may hang in what nobody waits for any more.
      if (signal.aborted) child?.kill('SIGKILL');
    }
  }

  return {
    warm: () => {
      use();
    },
    get: async ({ url, headers, trust, proxy, signal }) => {
      const reply = await ask({ url: url.href, headers, trust, proxy }, signal);
      if (reply.ok) return reply.answer;
      throw Object.assign(new Error(reply.message), { code: reply.code });
    },
  };
}

/** As Node's own client says it. */
function abortOf(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}
