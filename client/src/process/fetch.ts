import { fork, type ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Get, HttpAnswer } from '../http/http-get.ts';

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

interface Child {
  readonly process: ChildProcess;
  /** By the id of the request. */
  readonly waiting: Map<number, (reply: FetchReply) => void>;
}

/** How long a child is kept that nobody asks any more, milliseconds: attempts that fail follow one another. */
const IDLE_MS = 5000;

/**
 * Fetches in a child process, which ends when nothing was asked for a while: HTTP, TLS and the certificates of its
 * authorities take 5 to 15 MB, which the agent would keep for ever for one request an hour.
 */
export function makeFetcher(after: (ms: number, action: () => void) => () => void): Fetcher {
  let child: Child | undefined;
  let count = 0;
  let cancelIdle = (): void => undefined;

  /** The child, for as long as it is asked within the time that it is kept. */
  function use(): Child {
    child ??= startChild();
    keep();
    return child;
  }

  function keep(): void {
    cancelIdle();
    cancelIdle = after(IDLE_MS, () => {
      if (child !== undefined && child.waiting.size > 0) keep();
      else drop()?.process.disconnect();
    });
  }

  function drop(): Child | undefined {
    const old = child?.process.connected === true ? child : undefined;
    child = undefined;
    return old;
  }

  async function ask(request: Omit<FetchRequest, 'id'>, signal: AbortSignal): Promise<FetchReply> {
    if (signal.aborted) throw abortOf(signal);
    if (child?.process.connected === false) child = undefined;
    const { process, waiting } = use();
    const id = ++count;
    let giveUp = (): void => undefined;
    try {
      return await new Promise<FetchReply>((resolve, reject) => {
        giveUp = () => {
          reject(abortOf(signal));
          // It may hang in what nobody waits for any more.
          drop();
          process.kill('SIGKILL');
        };
        signal.addEventListener('abort', giveUp);
        waiting.set(id, resolve);
        // What cannot be sent is settled by the end of the child.
        process.send({ id, ...request }, () => undefined);
      });
    } finally {
      signal.removeEventListener('abort', giveUp);
      waiting.delete(id);
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

function startChild(): Child {
  const own = fileURLToPath(import.meta.url);
  const program = own.replace(/fetch\.[jt]s$/, `fetch-child${extname(own)}`);
  const started = fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const waiting: Child['waiting'] = new Map();
  const end = (how: string): void => {
    for (const [id, settle] of waiting) {
      settle({ id, ok: false, message: `the process that fetches ${how}` });
    }
  };
  started.on('message', (reply: FetchReply) => {
    waiting.get(reply.id)?.(reply);
  });
  started.once('error', ({ message }) => {
    end(`failed: ${message}`);
  });
  started.once('exit', (code, signal) => {
    end(`ended with ${signal ?? String(code)}`);
  });
  return { process: started, waiting };
}

/** As Node's own client says it. */
function abortOf(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}
