import {
  chmodSync,
  closeSync,
  existsSync,
  fsync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { AgentError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { isCode } from '../process/proc.ts';

/** What is written down of a job before the server hears that this node can run it. */
export interface RunRecord {
  readonly jobId: string;
  /** Incarnation of the agent that committed; whoever adopts the run goes on with it (Decision 4). */
  readonly incarnationId: string;
  /** Boot of the machine: no process of another one lives. */
  readonly bootId: string;
  readonly command: string;
  readonly commandLine: string;
  readonly user?: string;
  readonly dir?: string;
  readonly capture: boolean;
  readonly lock?: string;
  /** Path of the job's file. */
  readonly file?: string;
  /** Bytes of one file of output. */
  readonly room?: number;
  /** Seconds, from the job: after that the run is ended. */
  readonly runTimeout?: number;
}

/**
 * The directory of all runs, one directory each, named by the job: from the commit until the server has the result.
 * `record.json` says what it is; `committed` becomes `ordered` when the server says run, durably and before anything
 * is started; `keeper` is the program that starts it; `job`, with the environment, is gone once one has begun to, and
 * the one that has taken it away is the one that may; `supervisor` and `leader` name the processes; `exited.STATUS`,
 * `killed.STATUS` or `unwritten.STATUS` is there at the end, and `last.STATUS` a moment before that; on a full disk
 * `open` and `keeper` become these (see run-state.ts).
 *
 * Only what waits for the disk goes through Node's threads: what stands in the system's memory takes some microseconds,
 * and a promise of it twenty times as long.
 */
export interface Spool {
  /** Makes the directory, removes what was never finished, and reads what is there: runs of agents before this one. */
  open(): Promise<RunRecord[]>;
  /** Reads one again; undefined where somebody has removed or spoiled it. Rejects when the disk cannot be read. */
  find(jobId: string): Promise<RunRecord | undefined>;
  /** Makes a directory for the job that comes next, with what its keeper needs; its path. */
  prepare(files: Readonly<Record<string, string>>): string;
  /** Nobody has taken anything out of that directory. */
  isPrepared(files: Readonly<Record<string, string>>): boolean;
  /**
   * Writes a job down, durably, with what its keeper needs; a job that is there already is refused. `prepared`: into
   * the directory that was made with these files.
   */
  commit(
    record: RunRecord,
    files: Readonly<Record<string, string>>,
    prepared?: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Writes down, durably, that the server said run. */
  order(jobId: string): Promise<void>;
  /** Keeps every keeper from starting a run that is ordered; false when one has begun. */
  claim(jobId: string): Promise<boolean>;
  /** Writes down why a run that did not end by itself did so. */
  note(jobId: string, why: string): Promise<void>;
  /** Writes down that a run was never started, and never will be. */
  giveUp(jobId: string, why: string): Promise<void>;
  remove(jobId: string): Promise<void>;
  /** Directory of a run. */
  pathOf(jobId: string): string;
}

/** Names that a run's directory can have: other jobs are refused. */
const JOB_NAME = /^[\w-]{1,64}$/;

/** What a run is: committed, and not over. */
const MARKS = { committed: '', open: '' };

const sync = promisify(fsync);

/** What a shell says of a command that it cannot start. */
const NEVER_STARTED = 126;

/** Makes the spool below `dir`; `ownUid`: the user that the agent runs as, where the system has such numbers; `syncsDirectories`:
 * names have to be made durable as well. */
export function makeSpool(
  dir: string,
  ownUid: number | undefined,
  log: Pick<Log, 'warn' | 'error'>,
  syncsDirectories = true,
): Spool {
  const pathOf = (jobId: string): string => join(dir, jobId);
  const next = join(dir, '.next');

  const note = (jobId: string, why: string): void => {
    writeFileSync(join(pathOf(jobId), 'why'), why, { mode: 0o600 });
  };

  /** Names are durable with the directory that they stand in. */
  async function syncDirectory(path: string): Promise<void> {
    if (!syncsDirectories) return;
    const directory = openSync(path, 'r');
    try {
      await sync(directory);
    } finally {
      closeSync(directory);
    }
  }

  /** Half-made and half-removed directories start with a dot. */
  function discard(path: string, name: string): void {
    const grave = join(dir, `.gone-${name}`);
    rmSync(grave, { recursive: true, force: true });
    renameSync(path, grave);
    rmSync(grave, { recursive: true, force: true });
  }

  function read(jobId: string): RunRecord {
    const text = readFileSync(join(pathOf(jobId), 'record.json'), 'utf8');
    const parsed: unknown = JSON.parse(text);
    if (isRecord(parsed) && parsed.jobId === jobId) return parsed;
    throw new Error('record.json is not of this job, or of another version');
  }

  function readOrRemove(jobId: string): RunRecord | undefined {
    try {
      const found = lstatSync(pathOf(jobId));
      // The directory may have been open to others: what they left would be run by the agent's user.
      if (!isOwnDirectory(found, ownUid)) throw new Error("it is no directory of the agent's own");
      return read(jobId);
    } catch (error) {
      if (isTrouble(error)) {
        log.error(
          { jobId, error: messageOf(error) },
          'a run in the spool cannot be read at present',
        );
        return undefined;
      }
      log.error({ jobId, error: messageOf(error) }, 'a run in the spool cannot be read: removed');
      rmSync(pathOf(jobId), { recursive: true, force: true });
      return undefined;
    }
  }

  function find(jobId: string): RunRecord | undefined {
    try {
      return read(jobId);
    } catch (error) {
      if (isTrouble(error)) throw error;
      return undefined;
    }
  }

  function makeDraft(draft: string, files: Readonly<Record<string, string>>): void {
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { mode: 0o700 });
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(draft, name), text, { mode: 0o600 });
    }
  }

  return {
    pathOf,
    prepare: (files) => {
      makePrivate(dir, ownUid);
      makeDraft(next, { ...files, ...MARKS });
      return next;
    },
    isPrepared: (files) =>
      isPrivate(next, ownUid) &&
      Object.keys({ ...files, ...MARKS }).every((name) => existsSync(join(next, name))),
    find: (jobId) => asPromise(() => find(jobId)),
    open: () =>
      asPromise(() => {
        try {
          makePrivate(dir, ownUid);
          const found: RunRecord[] = [];
          for (const name of readdirSync(dir).sort()) {
            if (name.startsWith('.')) rmSync(join(dir, name), { recursive: true, force: true });
            const record = JOB_NAME.test(name) ? readOrRemove(name) : undefined;
            if (record !== undefined) found.push(record);
          }
          return found;
        } catch (error) {
          if (error instanceof AgentError) throw error;
          const what = `the spool ${dir} cannot be used: ${messageOf(error)}; set state_dir to a directory of the agent's own`;
          throw new AgentError('bad_config', what, { cause: error });
        }
      }),
    commit: async (record, files, prepared) => {
      const { jobId } = record;
      if (!JOB_NAME.test(jobId)) throw new Error('its id is no name for a directory');
      const draft = prepared === undefined ? join(dir, `.new-${jobId}`) : next;
      // Below a cache of Chef's: somebody may have cleared that under a running agent.
      makePrivate(dir, ownUid);
      try {
        if (prepared === undefined) makeDraft(draft, MARKS);
        for (const [name, text] of Object.entries(files)) {
          if (prepared?.[name] === text) continue;
          writeFileSync(join(draft, name), text, { mode: 0o600 });
        }
        await writeDurably(join(draft, 'record.json'), JSON.stringify(record));
        await syncDirectory(draft);
        // Over nothing: a directory that is there has its record in it, and is not replaced.
        renameSync(draft, pathOf(jobId));
        await syncDirectory(dir);
      } catch (error) {
        rmSync(draft, { recursive: true, force: true });
        // Windows says EPERM of it.
        throw ['ENOTEMPTY', 'EEXIST', 'EPERM'].some((code) => isCode(error, code)) &&
          find(jobId) !== undefined
          ? new Error('it was run here before', { cause: error })
          : error;
      }
    },
    order: async (jobId) => {
      const path = pathOf(jobId);
      try {
        renameSync(join(path, 'committed'), join(path, 'ordered'));
      } catch (error) {
        // An agent before this one has written it down; its keeper may have begun by now.
        if (!isCode(error, 'ENOENT')) throw error;
        const names = readdirSync(path);
        if (!names.includes('ordered') && !names.includes('supervisor')) throw error;
      }
      await syncDirectory(path);
    },
    claim: (jobId) =>
      asPromise(() => {
        try {
          unlinkSync(join(pathOf(jobId), 'job'));
          return true;
        } catch (error) {
          if (isCode(error, 'ENOENT')) return false;
          throw error;
        }
      }),
    note: (jobId, why) =>
      asPromise(() => {
        note(jobId, why);
      }),
    giveUp: (jobId, why) =>
      asPromise(() => {
        try {
          note(jobId, why);
        } finally {
          // Takes no space: it can be done where the reason cannot be written.
          renameSync(join(pathOf(jobId), 'open'), join(pathOf(jobId), `exited.${NEVER_STARTED}`));
        }
      }),
    remove: (jobId) =>
      asPromise(() => {
        discard(pathOf(jobId), jobId);
      }),
  };
}

/**
 * Makes a directory, and the one that it is in, that the agent's own user alone can look into; throws where they are
 * somebody else's. What is above them may be Chef's own, for everybody.
 */
function makePrivate(dir: string, ownUid: number | undefined): void {
  const paths = [dirname(dir), dir];
  if (paths.every((path) => isPrivate(path, ownUid))) return;
  mkdirSync(dirname(dirname(dir)), { recursive: true });
  for (const path of paths) makeOwn(path, ownUid);
}

function isPrivate(path: string, ownUid: number | undefined): boolean {
  try {
    const found = lstatSync(path);
    return isOwnDirectory(found, ownUid) && (found.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

function makeOwn(dir: string, ownUid: number | undefined): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const found = lstatSync(dir);
  if (!found.isDirectory()) throw new Error('it is no directory');
  if (ownUid !== undefined && found.uid !== ownUid) throw new Error('it belongs to another user');
  if ((found.mode & 0o077) !== 0) chmodSync(dir, 0o700);
}

function isOwnDirectory(found: Stats, ownUid: number | undefined): boolean {
  return found.isDirectory() && (ownUid === undefined || found.uid === ownUid);
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    await sync(file);
  } finally {
    closeSync(file);
  }
}

function isRecord(value: unknown): value is RunRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { jobId, incarnationId, bootId, command, commandLine, capture } = value as RunRecord;
  const texts: unknown[] = [jobId, incarnationId, bootId, command, commandLine];
  return texts.every((text) => typeof text === 'string') && typeof capture === 'boolean';
}

/** A disk that cannot be read says nothing of what stands on it. */
function isTrouble(error: unknown): boolean {
  const isOfSystem = error instanceof Error && 'code' in error;
  return isOfSystem && !isCode(error, 'ENOENT') && !isCode(error, 'ENOTDIR');
}

function asPromise<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
