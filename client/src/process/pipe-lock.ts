import { connect, createServer } from 'node:net';
import { messageOf } from '../errors.ts';
import type { After } from './file-lock.ts';
import type { FoundInstance, Instance } from './instance-lock.ts';
import { readLockWords } from './lock-words.ts';
import { isCode } from './proc.ts';

/** How often, and at what distance in milliseconds, the name is tried: whoever had it may be ending. */
const ATTEMPTS = 20;
const PAUSE_MS = 100;
/** How long the holder may take to say who it is, milliseconds. */
const ANSWER_MS = 1000;

/**
 * Takes a name that one process of a host can have at a time, for as long as it lives: a named pipe of Windows, which
 * has no flock. Whoever connects is told `words`.
 */
export async function takePipe(name: string, words: string, after: After): Promise<Instance> {
  for (let attempt = 1; ; attempt++) {
    const instance = await listen(name, words);
    if (instance.kind !== 'other') return instance;
    if (attempt === ATTEMPTS) return { ...instance, ...(await ask(name, after)) };
    await new Promise<void>((resolve) => after(PAUSE_MS, resolve));
  }
}

/** Looks whether somebody has the name, and who. */
export async function findPipe(name: string, after: After): Promise<FoundInstance> {
  const instance = await listen(name, '');
  if (instance.kind === 'other') return { ...instance, ...(await ask(name, after)) };
  if (instance.kind === 'unguarded') return instance;
  instance.release();
  return { kind: 'none' };
}

function listen(name: string, words: string): Promise<Instance> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end(words);
    });
    server.once('error', (error) => {
      const isTaken = isCode(error, 'EADDRINUSE') || isCode(error, 'EACCES');
      if (isTaken) resolve({ kind: 'other', file: name, pid: undefined });
      else resolve({ kind: 'unguarded', why: messageOf(error) });
    });
    server.listen(name, () => {
      server.unref();
      resolve({
        kind: 'alone',
        release: () => {
          server.close();
        },
      });
    });
  });
}

/** A holder that does not say who it is is one all the same. */
function ask(name: string, after: After): Promise<ReturnType<typeof readLockWords>> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(name);
    const cancel = after(ANSWER_MS, () => socket.destroy());
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      if (text.length < 10_000) text += chunk;
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      cancel();
      resolve(readLockWords(text));
    });
  });
}
