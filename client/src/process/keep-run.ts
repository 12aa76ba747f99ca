import type { ChildProcess } from 'node:child_process';
import { appendFile, rename, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { BEGUN, type Launch, type LaunchOrder } from './launch.ts';
import { holdLock } from './lock-holder.ts';
import { isCode } from './proc.ts';
import { recordStream } from './record-stream.ts';
import { NOT_TOLD, UNWRITTEN } from './run-script.ts';

/** What a keeper in Node is made for. */
export interface KeepOrder extends LaunchOrder {
  /** Held from now to the end of the run. */
  readonly lock?: string;
}

/** What differs from system to system. */
export interface KeepEdges {
  readonly launch: Launch;
  /** The leader of a run does not write down by itself who it is. */
  readonly marksLeader: boolean;
  /** A line that tells a process from a later one with its number. */
  readonly markOf: (pid: number) => Promise<string>;
  /** The program that holds a lock. */
  readonly lockHolder: (file: string) => readonly string[];
}

/** Whoever has started the keeper, and the system. */
export interface KeepPort {
  readonly ready: () => void;
  /** Resolves to false when it ends without a word. */
  readonly isToldToGo: () => Promise<boolean>;
  readonly complain: (why: string) => void;
  /** The system has asked this process to end. */
  readonly isAskedToEnd: () => boolean;
}

/** How long what a command has written is waited for, once it has ended: milliseconds. */
const LAST_OUTPUT_MS = 250;
/** What a shell ends with that cannot start a command, and what a leader does whose place is taken. */
const CANNOT_START = 126;
const FORESTALLED = 125;

/** Keeps one run, as the program in run-script.ts does, and gives the exit code of the keeper. */
export async function keepRun(order: KeepOrder, edges: KeepEdges, port: KeepPort): Promise<number> {
  const lock = order.lock === undefined ? undefined : await holdLock(edges.lockHolder(order.lock));
  if (lock?.ok === false) {
    port.complain(lock.why);
    return lock.code;
  }
  try {
    port.ready();
    if (!(await port.isToldToGo()) || !(await begin(order.spool))) return NOT_TOLD;
    await run(order, edges, port);
    return 0;
  } finally {
    if (lock?.ok === true) await lock.release();
  }
}

/** Of all keepers of a run, the one that takes `job` away may start it. */
async function begin(spool: string): Promise<boolean> {
  try {
    await rename(join(spool, 'job'), join(spool, BEGUN));
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

async function run(order: KeepOrder, edges: KeepEdges, port: KeepPort): Promise<void> {
  const { spool } = order;
  const end = (how: string): Promise<void> => rename(join(spool, 'open'), join(spool, how));
  try {
    // The number alone is there at once: on Windows it takes a program to learn more.
    await writeFile(join(spool, 'supervisor'), `${process.pid}\n`);
  } catch {
    await end(`${UNWRITTEN}.126`);
    return;
  }
  const marks = [mark(spool, 'supervisor', process.pid, edges)];
  const status = await command(order, edges, (pid) => {
    if (edges.marksLeader) marks.push(mark(spool, 'leader', pid, edges));
  });
  await Promise.allSettled(marks);
  await end(`${port.isAskedToEnd() ? 'killed' : 'exited'}.${status}`);
}

/** Says more than the number of a process; in one step, for others read it. */
async function mark(spool: string, name: string, pid: number, edges: KeepEdges): Promise<void> {
  const text = await edges.markOf(pid);
  const draft = join(spool, `${name}.new`);
  await writeFile(draft, text);
  await rename(draft, join(spool, name));
}

/** Runs the command to its end, and gives its status as a shell would. */
async function command(
  order: KeepOrder,
  { launch }: KeepEdges,
  started: (pid: number) => void,
): Promise<number> {
  const { spool, room = 0 } = order;
  let child: ChildProcess | undefined;
  try {
    child = launch(order);
  } catch (error) {
    await say(order, messageOf(error));
    return CANNOT_START;
  }
  if (child === undefined) return FORESTALLED;
  if (child.pid !== undefined) started(child.pid);
  const { stdout, stderr } = child;
  const streams = { stdout, stderr };
  const records = Object.entries(streams).map(async ([name, stream]) => {
    if (stream !== null) await recordStream(stream, join(spool, name), room);
  });
  const { status, error } = await endOf(child);
  const cancel = systemClock.after(LAST_OUTPUT_MS, () => {
    stdout?.destroy();
    stderr?.destroy();
  });
  await Promise.allSettled(records);
  cancel();
  if (error !== undefined) await say(order, error.message);
  return status;
}

function endOf(child: ChildProcess): Promise<{ status: number; error?: Error }> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve({ status: CANNOT_START, error });
    });
    child.once('exit', (code, signal) => {
      resolve({ status: code ?? 128 + (signal === null ? 0 : constants.signals[signal]) });
    });
  });
}

/** What keeps a command from starting stands where its own complaints would. */
async function say({ spool, room }: KeepOrder, why: string): Promise<void> {
  if (room === undefined) return;
  await appendFile(join(spool, 'stderr.0'), `${why}\n`).catch(() => undefined);
}
