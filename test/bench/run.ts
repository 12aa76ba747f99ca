import { cpus, loadavg, totalmem } from 'node:os';
import { makeWorkplace, type Workplace } from '../helpers/workplace.ts';
import type { Figure } from './figure.ts';
import { startWorker, type Worker } from './worker.ts';

/** One run of one bench: what it may use, all of which ends with it. */
export interface BenchRun {
  /** Simulated nodes; undefined: the bench's own numbers. */
  readonly nodes: number | undefined;
  /** A directory for profiles of the server; measured beside them, figures are too high. */
  readonly profile: string | undefined;
  readonly workplace: Workplace;
  /** Starts a process of ours that answers requests. */
  worker(file: URL): Worker;
  /** Called at the end, the last first. */
  atEnd(action: () => void | Promise<void>): void;
  /** A line for people: what was sent, how it was set, what is no figure. */
  say(line: string): void;
}

/** Measures; `quick`: small, within two minutes. */
export type Bench = (quick: boolean, run: BenchRun) => Figure[] | Promise<Figure[]>;

/** A run that lost messages has no figures: a ratio of it would praise the loss. */
export class LostMessagesError extends Error {}

/** Milliseconds after which a bench is given up. */
const LIMIT_MS = { quick: 240_000, whole: 1_500_000 };

/** Runs one bench within its time and ends whatever it started. */
export async function runBench(
  bench: Bench,
  options: Pick<BenchRun, 'nodes' | 'profile' | 'say'> & { readonly quick: boolean },
  interrupted: AbortSignal,
): Promise<Figure[]> {
  const { quick, nodes, profile, say } = options;
  const workplace = await makeWorkplace();
  const ends: (() => void | Promise<void>)[] = [];
  const run: BenchRun = {
    nodes,
    profile,
    workplace,
    say,
    worker: (file) => {
      const worker = startWorker(file);
      ends.push(() => worker.end());
      return worker;
    },
    atEnd: (action) => ends.push(action),
  };
  const limit = quick ? LIMIT_MS.quick : LIMIT_MS.whole;
  let timer: NodeJS.Timeout | undefined;
  const givenUp = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not done within ${limit / 1000} s`));
    }, limit);
    interrupted.addEventListener('abort', () => {
      reject(new Error('interrupted'));
    });
  });
  try {
    return await Promise.race([bench(quick, run), givenUp]);
  } finally {
    clearTimeout(timer);
    for (const end of ends.toReversed()) await end();
    await workplace.end();
  }
}

/** What this machine is, and how busy it is with others. */
export function machine(): string {
  const [first] = cpus();
  const gigabytes = Math.round(totalmem() / 1024 ** 3);
  const load = loadavg().map((value) => value.toFixed(1));
  return `Node ${process.version}, ${cpus().length} processors (${first?.model ?? 'unknown'}), ${gigabytes} GB, load ${load.join(' ')}`;
}
