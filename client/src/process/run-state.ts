import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isCode, parseMark, type ProcessMark } from './proc.ts';
import { POSIX_PROCESSES, type Processes } from './processes.ts';
import { LAST, UNWRITTEN } from './run-script.ts';

/** How a run ended: by itself, after its keeper was told to end, or before it began, for want of space. */
export type End = 'exited' | 'killed' | typeof UNWRITTEN;

/** How far a run is, by what stands in its directory and what lives. */
export type RunState =
  /** The server did not say run. */
  | { readonly kind: 'committed' }
  /** It did, and nothing was started. */
  | { readonly kind: 'ordered' }
  /** `leader` is not known in the moment between the start of the keeper and its own. */
  | { readonly kind: 'running'; readonly leader?: ProcessMark }
  | { readonly kind: 'ended'; readonly status: number; readonly how: End }
  /** Nothing of it lives and nobody knows how it ended. */
  | { readonly kind: 'lost' };

/** Looks at the directory of a run of this boot. */
export async function runState(
  dir: string,
  processes: Pick<Processes, 'isAlive' | 'runLives'> = POSIX_PROCESSES,
): Promise<RunState> {
  const names = readdirSync(dir);
  const ended = endIn(names);
  if (ended !== undefined) return ended;
  if (names.includes('committed')) return { kind: 'committed' };
  if (!names.includes('supervisor') && names.includes('job')) return { kind: 'ordered' };
  const [keeper, leader] = [readMark(dir, 'supervisor'), readMark(dir, 'leader')];
  const lives =
    (keeper !== undefined && (await processes.isAlive(keeper))) ||
    // Somebody killed the keeper alone.
    (leader !== undefined && (await processes.runLives(leader)));
  if (lives) return { kind: 'running', ...(leader === undefined ? {} : { leader }) };
  // It may have ended while we looked.
  return endIn(readdirSync(dir)) ?? { kind: 'lost' };
}

/**
 * The end of a run that is over, as its keeper, or the guard beside that, wrote it down, by the names in its directory;
 * undefined when none did.
 */
export function endOfRun(
  names: readonly string[],
): Extract<RunState, { kind: 'ended' }> | undefined {
  const ended = endIn(names);
  if (ended !== undefined) return ended;
  const seen = names.find((name) => name.startsWith(`${LAST}.`))?.slice(LAST.length + 1) ?? '';
  return /^\d+$/.test(seen) ? { kind: 'ended', status: Number(seen), how: 'exited' } : undefined;
}

/**
 * Why a run did not end by itself, as the agent wrote it down; undefined when it did not. Empty: the disk was full.
 * `names`: what is in its directory.
 */
export function whyOfRun(dir: string, names: readonly string[]): string | undefined {
  if (!names.includes('why')) return undefined;
  try {
    return readFileSync(join(dir, 'why'), 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function endIn(names: readonly string[]): Extract<RunState, { kind: 'ended' }> | undefined {
  for (const name of names) {
    const [how, status] = name.split('.');
    if (how !== 'exited' && how !== 'killed' && how !== UNWRITTEN) continue;
    if (/^\d+$/.test(status ?? '')) return { kind: 'ended', status: Number(status), how };
  }
  return undefined;
}

/** Reads which process a file of the run names; undefined while it does not. */
export function readMark(dir: string, name: string): ProcessMark | undefined {
  try {
    return parseMark(readFileSync(join(dir, name), 'latin1'));
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
