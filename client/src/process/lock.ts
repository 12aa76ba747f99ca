import { spawn } from 'node:child_process';

/** A lock that is held until it is released; the operating system frees it when the agent dies. */
export interface HeldLock {
  /** Resolves when the lock is free again. */
  release(): Promise<void>;
}

/** The lock, or why there is none. */
export type LockResult = { ok: true; lock: HeldLock } | { ok: false; reason: string };

/** flock's own exit code for a lock that somebody else holds; any number that its errors do not use. */
const HELD_BY_OTHER = 99;
/** How long flock may take to say that it has the lock, milliseconds. */
const ACQUIRE_MS = 5000;

/**
 * Takes flock(2) on a file, as chef-client does on its lock file, without waiting (A1–A3). Node has no flock: the
 * `flock` program holds it, for as long as its standard input is open.
 */
export function takeLock(
  file: string,
  after: (ms: number, action: () => void) => () => void,
): Promise<LockResult> {
  return new Promise((resolve) => {
    const holder = spawn(
      'flock',
      [
        '--exclusive',
        '--nonblock',
        '--conflict-exit-code',
        String(HELD_BY_OTHER),
        file,
        '/bin/sh',
        '-c',
        'echo locked; exec cat',
      ],
      // A group of its own: what ends a run does not end the holder of its lock.
      { stdio: ['pipe', 'pipe', 'pipe'], detached: true },
    );
    let complaint = '';
    const exited = new Promise<void>((done) => {
      holder.once('close', () => {
        done();
      });
      holder.once('error', () => {
        done();
      });
    });
    const cancel = after(ACQUIRE_MS, () => {
      holder.kill('SIGKILL');
      resolve({
        ok: false,
        reason: `taking the lock ${file} took more than ${ACQUIRE_MS / 1000} s`,
      });
    });
    // EPIPE when the holder is gone already: its exit says why.
    holder.stdin.on('error', () => undefined);
    holder.stderr.on('data', (chunk: Buffer) => {
      if (complaint.length < 1000) complaint += chunk.toString('utf8');
    });
    holder.once('error', (error) => {
      cancel();
      resolve({ ok: false, reason: `cannot run flock to take the lock ${file}: ${error.message}` });
    });
    holder.once('close', (code) => {
      cancel();
      const reason =
        code === HELD_BY_OTHER
          ? `the lock ${file} is held by another process`
          : `cannot take the lock ${file}: ${complaint.trim() || `flock ended with ${code ?? 'a signal'}`}`;
      resolve({ ok: false, reason });
    });
    holder.stdout.once('data', () => {
      cancel();
      resolve({
        ok: true,
        lock: {
          release: () => {
            holder.stdin.end();
            return exited;
          },
        },
      });
    });
  });
}
