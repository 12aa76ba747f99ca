import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { AgentError, messageOf } from '../errors.ts';

/** What came of it; `unguarded`: this system has no flock, nobody can say whether there is another agent. */
export type Instance =
  | { readonly kind: 'alone'; readonly release: () => void }
  | { readonly kind: 'other'; readonly file: string; readonly pid: number | undefined }
  | { readonly kind: 'unguarded'; readonly why: string };

/** flock's exit code for a lock that somebody else holds. */
const HELD = 1;
/** How long flock may take, milliseconds. */
const FLOCK_MS = 5000;
/** How often, and at what distance in milliseconds, it is tried: whoever only looks has it for a moment. */
const ATTEMPTS = 20;
const PAUSE_MS = 100;

type After = (ms: number, action: () => void) => () => void;

/**
 * Takes the lock of the one agent that may use a state directory. flock(2) belongs to the open file, not to the process
 * that called it: the `flock` program locks the file that this process has opened, and ends. So the lock lives exactly
 * as long as the agent, whatever ends that; no holder stays beside it, and no run inherits it (the file is closed on
 * exec). A socket in the abstract namespace would do the same, but any user of the host could take its name first.
 */
export async function takeInstance(stateDir: string, after: After): Promise<Instance> {
  const file = lockFile(stateDir);
  const fd = openOwn(stateDir, file);
  for (let attempt = 1; ; attempt++) {
    const { code, complaint } = await flock(fd, '-x', after);
    if (code === 0) {
      writePid(fd);
      return {
        kind: 'alone',
        release: () => {
          closeSync(fd);
        },
      };
    }
    if (code === HELD && attempt < ATTEMPTS) {
      await new Promise<void>((resolve) => after(PAUSE_MS, resolve));
      continue;
    }
    const pid = readPid(fd);
    closeSync(fd);
    return code === HELD ? { kind: 'other', file, pid } : { kind: 'unguarded', why: complaint };
  }
}

/** Looks whether an agent holds the lock, and leaves everything as it is. */
export async function findInstance(
  stateDir: string,
  after: After,
): Promise<Exclude<Instance, { kind: 'alone' }> | { readonly kind: 'none' }> {
  const file = lockFile(stateDir);
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isMissing ? { kind: 'none' } : { kind: 'unguarded', why: messageOf(error) };
  }
  try {
    const { code, complaint } = await flock(fd, '-s', after);
    if (code === 0) return { kind: 'none' };
    if (code === HELD) return { kind: 'other', file, pid: readPid(fd) };
    return { kind: 'unguarded', why: complaint };
  } finally {
    closeSync(fd);
  }
}

function lockFile(stateDir: string): string {
  return join(stateDir, 'agent.lock');
}

function openOwn(stateDir: string, file: string): number {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    return openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    const what = `the state directory cannot be used: ${messageOf(error)}; set state_dir to one of the agent's own`;
    throw new AgentError('bad_config', what, { cause: error });
  }
}

/** Locks the open file through the program of that name; its options are those that every flock has. */
function flock(
  fd: number,
  how: '-x' | '-s',
  after: After,
): Promise<{ code: number | undefined; complaint: string }> {
  return new Promise((resolve) => {
    const child = spawn('flock', [how, '-n', '3'], { stdio: ['ignore', 'ignore', 'pipe', fd] });
    let complaint = '';
    const cancel = after(FLOCK_MS, () => child.kill('SIGKILL'));
    child.stderr?.on('data', (chunk: Buffer) => {
      if (complaint.length < 1000) complaint += chunk.toString('utf8');
    });
    child.once('error', (error) => {
      cancel();
      resolve({ code: undefined, complaint: `cannot run flock: ${error.message}` });
    });
    child.once('close', (code, signal) => {
      cancel();
      const text = complaint.trim() || `flock ended with ${code ?? signal ?? 'nothing'}`;
      resolve({ code: code ?? undefined, complaint: text });
    });
  });
}

/** For people alone: a full disk does not keep an agent from starting. */
function writePid(fd: number): void {
  try {
    ftruncateSync(fd);
    writeSync(fd, `${process.pid}\n`, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}

function readPid(fd: number): number | undefined {
  const pid = Number.parseInt(readFileSync(fd, 'utf8'), 10);
  return Number.isNaN(pid) ? undefined : pid;
}
