import { cpus, loadavg, totalmem } from 'node:os';
import type { Plot } from './plot/plot.ts';
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
  /** A picture of the bench's own figures. */
  plot(plot: Plot): void;
}

/** Measures; `quick`: small, within five minutes. */
export type Bench = (quick: boolean, run: BenchRun) => Figure[] | Promise<Figure[]>;

/** A run that lost messages has no figures: a ratio of it would praise the loss. */
export class LostMessagesError extends Error {}

/** What a run is told from outside. */
export interface BenchOptions extends Pick<BenchRun, 'nodes' | 'profile' | 'say' | 'plot'> {
  readonly quick: boolean;
  /** Milliseconds after which it is given up. */
  readonly limitMs: number;
}

/** Runs one bench within its time and ends whatever it started. */
export async function runBench(
  bench: Bench,
  options: BenchOptions,
  interrupted: AbortSignal,
): Promise<Figure[]> {
  const { quick, nodes, profile, say, plot, limitMs } = options;
  const workplace = await makeWorkplace();
  const ends: (() => void | Promise<void>)[] = [];
  const run: BenchRun = {
    nodes,
    profile,
    workplace,
    say,
    plot,
    worker: (file) => {
      const worker = startWorker(file);
      ends.push(() => worker.end());
      return worker;
    },
    atEnd: (action) => ends.push(action),
  };
  let timer: NodeJS.Timeout | undefined;
  const over = new AbortController();
  const givenUp = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not done within ${Math.round(limitMs / 1000)} s`));
    }, limitMs);
    const interrupt = (): void => {
      reject(new Error('interrupted'));
    };
    if (interrupted.aborted) interrupt();
    interrupted.addEventListener('abort', interrupt, { signal: over.signal });
  });
  try {
    return await Promise.race([bench(quick, run), givenUp]);
  } finally {
    clearTimeout(timer);
    over.abort();
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
