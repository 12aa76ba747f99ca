// `npm run fuzz -- [--inputs N] [--seed S]`: a million inputs and more, with figures; exit code 1 for the first
// input that breaks a reader, when memory grows, and when it is not done in time.
import { parseArgs } from 'node:util';
import { allTargets, shareOf } from './targets.ts';
import type { FuzzTarget } from './target.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

/** Inputs between two looks at the memory. */
const BATCH = 2500;
/** Bytes that the heap may have grown from the first third of a target's run to its end. */
const GROWTH = 8 * 1024 * 1024;
/** Milliseconds that a million inputs may take, on a busy machine. */
const DEADLINE = 20 * 60_000;
/** Milliseconds without a new input. */
const PATIENCE = 20_000;

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  },
});
const total = Number(values.inputs);
const seed = Number(values.seed);
if (!Number.isInteger(total) || total < 1 || !Number.isInteger(seed)) {
  process.stderr.write('usage: npm run fuzz -- [--inputs N] [--seed S]\n');
  process.exitCode = 2;
} else await fuzz();

async function fuzz(): Promise<void> {
  const from = performance.now();
  const targets = await allTargets();
  const watchdog = startWatchdog(PATIENCE);
  process.stdout.write(`seed ${seed}, Node ${process.version}\n`);
  process.stdout.write(row('reader', 'inputs', 'seconds', 'slowest ms', 'heap MB', 'growth MB'));
  let inputs = 0;
  try {
    for (const target of targets) {
      inputs += await runTarget(target, shareOf(target, targets, total), watchdog);
    }
  } catch (error) {
    process.stderr.write(
      `seed ${seed}: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exitCode = 1;
  } finally {
    await watchdog.stop();
    for (const target of targets) await target.close?.();
  }
  const seconds = ((performance.now() - from) / 1000).toFixed(0);
  process.stdout.write(
    `${inputs} inputs in ${seconds} s, ${process.exitCode === 1 ? 'NOT ' : ''}all well\n`,
  );
}

async function runTarget(target: FuzzTarget, wanted: number, watchdog: Watchdog): Promise<number> {
  const from = performance.now();
  const heap: number[] = [];
  let inputs = 0;
  let slowest = 0;
  for (let i = 0; inputs < wanted; i++) {
    if (performance.now() > Math.max(1, total / 1_000_000) * DEADLINE)
      throw new Error('out of time');
    const runs = Math.min(BATCH, wanted - inputs);
    const onInput = (): void => {
      watchdog.alive();
    };
    const done = await target.batch({ seed: seed + i, runs, corpus: i === 0, onInput });
    inputs += done.runs;
    slowest = Math.max(slowest, done.slowest);
    globalThis.gc?.();
    heap.push(process.memoryUsage().heapUsed);
  }
  const grown = growth(heap);
  const seconds = (performance.now() - from) / 1000;
  const last = heap.at(-1) ?? 0;
  process.stdout.write(
    row(
      target.name,
      String(inputs),
      seconds.toFixed(1),
      slowest.toFixed(1),
      mega(last),
      mega(grown),
    ),
  );
  if (grown > GROWTH) throw new Error(`${target.name}: the heap grew by ${mega(grown)} MB`);
  return inputs;
}

/** The smallest heap of the last third less that of the first: what was collected late is no growth. */
function growth(heap: readonly number[]): number {
  const third = Math.max(1, Math.floor(heap.length / 3));
  return Math.min(...heap.slice(-third)) - Math.min(...heap.slice(0, third));
}

function mega(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}

function row(name: string, ...rest: string[]): string {
  return `${name.padEnd(16)}${rest.map((text) => text.padStart(12)).join('')}\n`;
}
