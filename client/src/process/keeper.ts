import { spawn } from 'node:child_process';
import { join, resolve as resolvePath } from 'node:path';
import { becoming } from './job-script.ts';
import { HELD_BY_OTHER } from './run-script.ts';
import type { OsUser } from './user.ts';

/** What a keeper is made for. */
export interface KeeperOrder {
  /** Directory of the run: holds `keeper`, `job` and `open`, and takes all that the run leaves. */
  readonly spool: string;
  /** Where the command runs; the agent's own directory when it is not said. */
  readonly dir?: string;
  /** Run as this user, with his groups. */
  readonly user?: OsUser;
  /** Held from now to the end of the run. */
  readonly lock?: string;
  /** Keep what the command writes: bytes of one file of output, of which there are three a stream. */
  readonly room?: number;
  /** Program and arguments that start the keeper where the agent's end does not reach it. */
  readonly outside?: readonly string[];
}

/** The process that keeps a run; it outlives the agent from `go` on and ends with it before that. */
export interface Keeper {
  /** Starts the command; nothing may be awaited of this agent from then on. */
  go(): void;
  /** Ends a keeper that was not told to go; resolves when its lock is free. */
  dismiss(): Promise<void>;
  /** Resolves when it has ended. */
  readonly exited: Promise<void>;
}

/** A keeper that holds the lock and waits, or why there is none. */
export type KeeperResult =
  | { ok: true; keeper: Keeper }
  /** `isHeld`: somebody else has the lock, and nothing else is wrong. */
  | { ok: false; reason: string; isHeld: boolean };

/** How long a keeper may take to be ready, milliseconds. */
const READY_MS = 5000;
/** Where its programs are looked for: never in a PATH that comes with a job. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Starts the keeper of a run. It takes flock(2) on the lock file as chef-client does, without waiting (A1–A3). */
export function startKeeper(
  order: KeeperOrder,
  after: (ms: number, action: () => void) => () => void,
): Promise<KeeperResult> {
  return new Promise((resolve) => {
    const { spool, dir, user, lock = '', room, outside = [] } = order;
    const inside = dir === undefined ? undefined : resolvePath(workingDirectory(), dir);
    const identity = becoming(user, inside);
    // Who becomes another enters the directory himself.
    const start =
      identity.length > 0 && inside !== undefined ? '/' : (inside ?? workingDirectory());
    const where = [spool, lock, String(room ?? ''), start];
    const shell = ['/bin/sh', join(spool, 'keeper'), ...where, ...identity];
    const [file = '', ...args] = [...outside, ...shell];
    // A session of its own: what ends the agent, or the run, does not end it.
    const child = spawn(file, args, {
      env: { PATH: SYSTEM_PATH },
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    let complaint = '';
    const exited = new Promise<void>((done) => {
      // Not `close`: whoever inherited a pipe may hold it for long.
      child.once('exit', () => {
        done();
      });
      child.once('error', () => {
        done();
      });
    });
    const cancel = after(READY_MS, () => {
      child.kill('SIGKILL');
      refuse(`the run was not ready to start after ${READY_MS / 1000} s`);
    });
    const refuse = (reason: string, isHeld = false): void => {
      cancel();
      resolve({ ok: false, reason, isHeld });
    };
    // EPIPE when the keeper is gone already: its exit says why.
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (chunk: Buffer) => {
      if (complaint.length < 1000) complaint += chunk.toString('utf8');
    });
    child.once('error', (error) => {
      refuse(`the run cannot be started: ${error.message}`);
    });
    child.once('close', (code, signal) => {
      const why = complaint.trim() || `its keeper ended with ${code ?? signal ?? 'nothing'}`;
      const what = lock === '' ? 'the run cannot be started' : `cannot take the lock ${lock}`;
      if (code === HELD_BY_OTHER) refuse(`the lock ${lock} is held by another process`, true);
      else refuse(`${what}: ${why}`);
    });
    child.stdout.once('data', () => {
      cancel();
      resolve({
        ok: true,
        keeper: {
          go: () => {
            child.stdin.end('go\n');
          },
          dismiss: () => {
            child.stdin.end();
            return exited;
          },
          exited,
        },
      });
    });
  });
}

/** The agent's own; a directory that was removed meanwhile is no reason to fail. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}
