// `npm run bench -- NAME [--nodes N] [--quick] [--json] [--svg DIR] [--profile DIR]`: a table for people, or one line of JSON per
// figure, and plots. Every figure stands beside what a bare program reached in the same run. All traffic stays on the
// loopback interface.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { agent } from './benches/agent.ts';
import { envelope } from './benches/envelope.ts';
import { idle } from './benches/idle.ts';
import { restart } from './benches/restart.ts';
import { api } from './benches/api.ts';
import { growth } from './benches/growth.ts';
import { history } from './benches/history.ts';
import { feeds } from './benches/feeds.ts';
import { job } from './benches/job.ts';
import { peers } from './benches/peers.ts';
import { swarm } from './benches/swarm.ts';
import { describe, title } from './table.ts';
import { asJson } from './figure.ts';
import type { Plot } from './plot/plot.ts';
import { drawSvg } from './plot/svg.ts';
import { machine, runBench, type Bench } from './run.ts';
import { timeLimit } from './time-limit.ts';

/** What `npm run bench -- NAME` knows. */
const BENCHES: Record<string, Bench> = {
  envelope,
  swarm,
  job,
  idle,
  restart,
  api,
  feeds,
  history,
  agent,
  peers,
  growth,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    nodes: { type: 'string' },
    profile: { type: 'string' },
    svg: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const [name] = positionals;
const chosen = Object.entries(BENCHES).filter(([bench]) => name === 'all' || name === bench);
const nodes = values.nodes === undefined ? undefined : Number(values.nodes);
if (chosen.length === 0 || (nodes !== undefined && !(Number.isInteger(nodes) && nodes > 0))) {
  process.stderr.write(
    `usage: npm run bench -- NAME [--nodes N] [--quick] [--json] [--svg DIR] [--profile DIR]\nNAME is one of: all, ${Object.keys(BENCHES).join(', ')}\n`,
  );
  process.exitCode = 2;
} else await benchAll();

async function benchAll(): Promise<void> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interruption.abort();
    });
  }
  // With --json the figures stand alone on standard output.
  const say = (line: string): boolean =>
    (values.json ? process.stderr : process.stdout).write(`${line}\n`);
  const begun = performance.now();
  for (const [at, [bench, measure]] of chosen.entries()) {
    if (interruption.signal.aborted) break;
    say(`${bench}: ${machine()}`);
    const started = performance.now();
    try {
      const { quick, profile } = values;
      const after = chosen.length - at - 1;
      const limitMs = timeLimit(quick, name === 'all', performance.now() - begun, after);
      if (limitMs === undefined) throw new Error('no time is left for it: run it alone');
      const tell = (line: string): boolean => say(`  ${line}`);
      const plot = (plot: Plot): void => {
        writePlot(plot, tell);
      };
      const options = { quick, nodes, profile, say: tell, plot, limitMs };
      const figures = await runBench(measure, options, interruption.signal);
      tell(`it took ${((performance.now() - started) / 1000).toFixed(0)} s`);
      if (!values.json) say(title());
      for (const figure of figures) {
        process.stdout.write(`${values.json ? asJson(figure) : describe(figure)}\n`);
      }
    } catch (error) {
      process.exitCode = 1;
      process.stderr.write(
        `*** ${bench}: ${error instanceof Error ? error.message : String(error)}\n`,
      );
    }
  }
  // A bench that was given up may have left something waiting here; its processes are gone.
  process.exit();
}

function writePlot(plot: Plot, say: (line: string) => void): void {
  if (values.svg === undefined) return;
  mkdirSync(values.svg, { recursive: true });
  const file = join(values.svg, `${plot.name}.svg`);
  writeFileSync(file, drawSvg(plot));
  say(`plot: ${file}`);
}
