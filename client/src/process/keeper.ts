import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { dirname, isAbsolute, resolve as resolvePath } from 'node:path';
import { messageOf } from '../errors.ts';
import { makeDirectories } from './make-directories.ts';
import { HELD_BY_OTHER } from './run-script.ts';
import { isSelf, type OsUser } from './user.ts';

/** What a keeper is made for. */
export interface KeeperOrder {
  /** Directory of the run: holds `job`, `ordered` and `open`, and takes all that the run leaves. */
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

/** How a keeper is started. */
export interface KeeperProgram {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where it is started; it stays in no directory that somebody else may want to remove. */
  readonly cwd: string;
}

/** What a system offers to keep runs with. */
export interface KeeperForm {
  /** What the spool of a run holds for it, by name: `job`, with command line and environment, and what it needs else. */
  readonly files: (
    line: string,
    env: Readonly<Record<string, string>>,
  ) => Readonly<Record<string, string>>;
  /** How it is started; it says `ready`, is told to go over its standard input, and obeys what run-script.ts says. */
  readonly program: (order: KeeperOrder) => KeeperProgram;
  /** How one is started before its run is known, where it can be. */
  readonly ahead?: {
    /** What its directory must hold, by name; with what it adds, that becomes the spool of the run. */
    readonly files: Readonly<Record<string, string>>;
    readonly program: (dir: string) => KeeperProgram;
    /** What it is told of its run, in one line; undefined for an order that no line can hold. */
    readonly line: (order: KeeperOrder) => string | undefined;
  };
}

/** A keeper that was started before its run is known, and waits for its order. It ends when this agent does. */
export interface EarlyKeeper {
  /** Nobody has ended it. */
  isAlive(): boolean;
  /** Resolves when it has what it takes for this run; an order that it cannot read ends it. */
  take(order: KeeperOrder, after: After): Promise<KeeperResult>;
  dismiss(): void;
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
const READY_MS = 15_000;

type After = (ms: number, action: () => void) => () => void;

/**
 * Starts the keeper of a run. It takes the lock as chef-client does, without waiting (A1–A3); as there, the directory of
 * the lock is made where it is missing. `early`: one that waits for its order is taken.
 */
export async function startKeeper(
  form: KeeperForm,
  order: KeeperOrder,
  after: After,
  early?: EarlyKeeper,
): Promise<KeeperResult> {
  const { lock } = order;
  try {
    if (lock !== undefined && isAbsolute(lock)) await makeDirectories(dirname(lock));
  } catch (error) {
    early?.dismiss();
    const reason = `cannot take the lock ${lock}: ${messageOf(error)}`;
    return { ok: false, reason, isHeld: false };
  }
  const taken = await early?.take(order, after);
  // Somebody may have ended it just now.
  if (taken?.ok === true || taken?.isHeld === true) return taken;
  return readiness(spawnKeeper(form.program(order), order.outside), order, after);
}

/** Starts a keeper in a directory that will be the spool of its run; undefined where that cannot be. */
export function startEarlyKeeper(form: KeeperForm, dir: string): EarlyKeeper | undefined {
  const { ahead } = form;
  if (ahead === undefined) return undefined;
  const child = spawnKeeper(ahead.program(dir));
  // Who could not be started is not alive, and no keeper that is waited for.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  const isAlive = (): boolean =>
    child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    isAlive,
    take: (order, after) => {
      // It may have been ended while its job was written down, and would be waited for in vain.
      if (!isAlive()) return Promise.resolve({ ok: false, reason: 'it has ended', isHeld: false });
      const line = ahead.line(order);
      if (line === undefined) child.stdin.end();
      else child.stdin.write(`${line}\n`);
      return readiness(child, order, after);
    },
    dismiss: () => {
      child.stdin.end();
    },
  };
}

function spawnKeeper(
  { argv, env, cwd }: KeeperProgram,
  outside: readonly string[] = [],
): ChildProcessWithoutNullStreams {
  const [file = '', ...args] = [...outside, ...argv];
  // A session of its own: what ends the agent, or the run, does not end it.
  return spawn(file, args, {
    env,
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    windowsHide: true,
  });
}

/** Waits until a keeper is ready, which has its order. */
function readiness(
  child: ChildProcessWithoutNullStreams,
  { lock = '' }: KeeperOrder,
  after: After,
): Promise<KeeperResult> {
  return new Promise((resolve) => {
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

/**
 * Where a keeper starts the command, and the directory that it is then to enter, if one was asked for: who becomes
 * another enters it himself.
 */
export function startOf({ dir, user }: Pick<KeeperOrder, 'dir' | 'user'>): {
  dir: string;
  inside: string | undefined;
} {
  const inside = dir === undefined ? undefined : resolvePath(workingDirectory(), dir);
  const isOther = user !== undefined && !isSelf(user);
  return { dir: isOther && inside !== undefined ? '/' : (inside ?? workingDirectory()), inside };
}

/** The agent's own; a directory that was removed meanwhile is no reason to fail. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}
