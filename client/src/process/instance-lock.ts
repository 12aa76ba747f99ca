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
import { takeFileLock, tryFileLock, type After } from './file-lock.ts';
import { isCode } from './proc.ts';

/** What came of it; `unguarded`: this system cannot lock, nobody can say whether there is another agent. */
export type Instance =
  | { readonly kind: 'alone'; readonly release: () => void }
  | {
      readonly kind: 'other';
      readonly file: string;
      readonly pid: number | undefined;
      /** Of that agent, where it is known. */
      readonly stateDir?: string;
    }
  | { readonly kind: 'unguarded'; readonly why: string };

/** What a look finds. */
export type FoundInstance = Exclude<Instance, { kind: 'alone' }> | { readonly kind: 'none' };

/**
 * Takes the lock of the one agent that may use a state directory. A socket in the abstract namespace would do the same,
 * but any user of the host could take its name first.
 */
export async function takeInstance(stateDir: string, after: After): Promise<Instance> {
  const file = lockFile(stateDir);
  const fd = openOwn(stateDir, file);
  const lock = await takeFileLock(fd, after);
  if (lock.kind === 'taken') {
    writePid(fd);
    return {
      kind: 'alone',
      release: () => {
        closeSync(fd);
      },
    };
  }
  const pid = readPid(fd);
  closeSync(fd);
  return lock.kind === 'held' ? { kind: 'other', file, pid } : { kind: 'unguarded', why: lock.why };
}

/** Looks whether an agent holds the lock, and leaves everything as it is. */
export function findInstance(stateDir: string, after: After): Promise<FoundInstance> {
  const file = lockFile(stateDir);
  const reader = { open: () => openSync(file, 'r'), words: (fd: number) => ({ pid: readPid(fd) }) };
  return lookAtLock(file, reader, after);
}

/** The same for any lock of an agent: how it is opened, and what stands in one that is held. */
export async function lookAtLock(
  file: string,
  reader: {
    readonly open: () => number;
    readonly words: (fd: number) => { pid: number | undefined; stateDir?: string };
  },
  after: After,
): Promise<FoundInstance> {
  let fd: number;
  try {
    fd = reader.open();
  } catch (error) {
    return isCode(error, 'ENOENT')
      ? { kind: 'none' }
      : { kind: 'unguarded', why: messageOf(error) };
  }
  try {
    const lock = await tryFileLock(fd, after);
    if (lock.kind === 'taken') return { kind: 'none' };
    if (lock.kind === 'held') return { kind: 'other', file, ...reader.words(fd) };
    return { kind: 'unguarded', why: lock.why };
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

/** For people alone: a full disk does not keep an agent from starting. */
function writePid(fd: number): void {
  try {
    ftruncateSync(fd);
    writeSync(fd, `${process.pid}\n`, 0);
  } catch (error) {
    if (!isCode(error, 'ENOSPC')) throw error;
  }
}

function readPid(fd: number): number | undefined {
  const pid = Number.parseInt(readFileSync(fd, 'utf8'), 10);
  return Number.isNaN(pid) ? undefined : pid;
}
