import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { takeFileLock, type After } from './file-lock.ts';
import { lookAtLock, type FoundInstance, type Instance } from './instance-lock.ts';
import { lockWords, readLockWords } from './lock-words.ts';
import { findPipe, takePipe } from './pipe-lock.ts';
import { isCode } from './proc.ts';

/** An agent as others of its host know it. */
export interface NodeAgent {
  readonly serverUrl: string;
  readonly nodeName: string;
  readonly stateDir: string;
}

/** Where the agents of a host meet: a directory of their user's own, or, on Windows, names of pipes. */
export type NodeLockPlace =
  | { readonly kind: 'directory'; readonly path: string; readonly ownUid: number }
  | { readonly kind: 'pipe'; readonly prefix: string };

type DirectoryPlace = Extract<NodeLockPlace, { kind: 'directory' }>;

/** The same for every agent of a user, whatever its environment says. */
export function nodeLockPlace(
  platform: string = process.platform,
  ownUid = process.getuid?.(),
): NodeLockPlace {
  if (platform === 'win32' || ownUid === undefined) {
    return { kind: 'pipe', prefix: '\\\\.\\pipe\\pushy-client-' };
  }
  const ofRoot = existsSync('/run') ? '/run/pushy-client' : '/var/run/pushy-client';
  return { kind: 'directory', path: ownUid === 0 ? ofRoot : `/tmp/pushy-client-${ownUid}`, ownUid };
}

/**
 * Takes the lock of the one agent that may speak for a node of a Chef server on this host, whatever its state directory:
 * two of them end one another's jobs. It is a directory, for what cleans /tmp passes by one that is locked; in it stands
 * who has it. Who ends removes it: whoever has opened it before that must see that it is not the one of that name.
 */
export async function takeNode(
  agent: NodeAgent,
  place: NodeLockPlace,
  after: After,
): Promise<Instance> {
  const { stateDir } = agent;
  const key = keyOf(agent);
  if (place.kind === 'pipe') return takePipe(`${place.prefix}${key}`, lockWords(stateDir), after);
  const path = join(place.path, key);
  try {
    makeOwn(place);
    for (;;) {
      const fd = openOwn(path);
      const lock = await takeFileLock(fd, after);
      if (lock.kind === 'taken' && isStill(path, fd)) {
        writeWords(path, stateDir);
        return {
          kind: 'alone',
          release: () => {
            if (isStill(path, fd)) rmSync(path, { recursive: true, force: true });
            closeSync(fd);
          },
        };
      }
      closeSync(fd);
      if (lock.kind === 'held') return { kind: 'other', file: path, ...readWords(path) };
      if (lock.kind === 'unknown') return { kind: 'unguarded', why: lock.why };
    }
  } catch (error) {
    return { kind: 'unguarded', why: messageOf(error) };
  }
}

/** Looks whether an agent of the node runs on this host, and leaves everything as it is. */
export async function findNode(
  agent: NodeAgent,
  place: NodeLockPlace,
  after: After,
): Promise<FoundInstance> {
  if (place.kind === 'pipe') return findPipe(`${place.prefix}${keyOf(agent)}`, after);
  const why = whyNotOwn(place);
  return why === undefined
    ? look(join(place.path, keyOf(agent)), after)
    : { kind: 'unguarded', why };
}

/** Every agent of this user that runs on this host; none are found by the names of pipes. */
export async function findAgents(
  place: NodeLockPlace,
  after: After,
): Promise<{ readonly pid: number | undefined; readonly stateDir: string }[]> {
  if (place.kind === 'pipe' || !existsSync(place.path) || whyNotOwn(place) !== undefined) return [];
  const found: { pid: number | undefined; stateDir: string }[] = [];
  for (const key of readdirSync(place.path)) {
    const agent = await look(join(place.path, key), after);
    if (agent.kind !== 'other' || agent.stateDir === undefined) continue;
    found.push({ pid: agent.pid, stateDir: agent.stateDir });
  }
  return found;
}

function look(path: string, after: After): Promise<FoundInstance> {
  const reader = { open: () => openDirectory(path), words: () => readWords(path) };
  return lookAtLock(path, reader, after);
}

/** A name for node and server. A server that is named in two ways has two. */
function keyOf({ serverUrl, nodeName }: NodeAgent): string {
  const { protocol, host, pathname } = new URL(serverUrl);
  const server = `${protocol}//${host}${pathname.replace(/\/+/g, '/').replace(/\/$/, '')}`;
  return createHash('sha256').update(`${server}\n${nodeName}`).digest('hex').slice(0, 32);
}

/** Throws for what another user has made: he could keep the agent from starting, or lead it elsewhere. */
function makeOwn(place: DirectoryPlace): void {
  const { path } = place;
  makeDirectory(path);
  const why = whyNotOwn(place);
  if (why !== undefined) throw new Error(why);
  if ((lstatSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700);
}

/** Another user could lead whoever only looks elsewhere as well, or hold it up for ever; undefined: it is our own, or none. */
function whyNotOwn({ path, ownUid }: DirectoryPlace): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (!found.isDirectory()) return `${path} is no directory`;
  return found.uid === ownUid ? undefined : `${path} belongs to another user`;
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
}

/** An agent that ends may remove it between the two steps. */
function openOwn(path: string): number {
  for (;;) {
    makeDirectory(path);
    try {
      return openDirectory(path);
    } catch (error) {
      if (!isCode(error, 'ENOENT')) throw error;
    }
  }
}

function openDirectory(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

function isStill(path: string, fd: number): boolean {
  const [named, opened] = [lstatSync(path, { throwIfNoEntry: false }), fstatSync(fd)];
  return named?.ino === opened.ino && named.dev === opened.dev;
}

/** For people alone: a full disk does not keep an agent from starting. */
function writeWords(path: string, stateDir: string): void {
  try {
    writeFileSync(join(path, 'agent'), lockWords(stateDir), { mode: 0o600 });
  } catch (error) {
    if (!isCode(error, 'ENOSPC')) throw error;
  }
}

function readWords(path: string): ReturnType<typeof readLockWords> {
  try {
    return readLockWords(readFileSync(join(path, 'agent'), 'utf8'));
  } catch (error) {
    if (isCode(error, 'ENOENT')) return { pid: undefined };
    throw error;
  }
}
