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

const USAGE = `usage: npm run bench -- NAME [--nodes N] [--quick] [--json] [--svg DIR] [--profile DIR]
NAME is one of: all, ${Object.keys(BENCHES).join(', ')}
`;

/** What was asked for; one that cannot be done is said, with what can, and ends with 2. */
function readWishes() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      nodes: { type: 'string' },
      profile: { type: 'string' },
      svg: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [name = '', ...more] = positionals;
  const chosen = Object.entries(BENCHES).filter(([bench]) => name === 'all' || name === bench);
  const nodes = values.nodes === undefined ? undefined : Number(values.nodes);
  if (nodes !== undefined && !(Number.isInteger(nodes) && nodes > 0)) {
    throw new Error(`--nodes ${values.nodes}: give a whole number above 0`);
  }
  if (more.length > 0) throw new Error(`one bench at a time, not also ${more.join(', ')}`);
  if (chosen.length === 0 && !values.help) {
    throw new Error(name === '' ? 'which bench?' : `there is no bench ${name}`);
  }
  return { ...values, isAll: name === 'all', chosen, nodes };
}

type Wishes = ReturnType<typeof readWishes>;

let wishes: Wishes | undefined;
try {
  wishes = readWishes();
  if (wishes.help) process.stdout.write(USAGE);
} catch (error) {
  process.stderr.write(`*** ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exitCode = 2;
}
if (wishes?.help === false) await benchAll(wishes);

async function benchAll({ chosen, nodes, isAll, ...values }: Wishes): Promise<void> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Each time: the second ^C must not end what tidies up.
    process.on(signal, () => {
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
      const limitMs = timeLimit(quick, isAll, performance.now() - begun, after);
      if (limitMs === undefined) throw new Error('no time is left for it: run it alone');
      const tell = (line: string): boolean => say(`  ${line}`);
      const plot = (plot: Plot): void => {
        if (values.svg !== undefined) writePlot(plot, values.svg, tell);
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

function writePlot(plot: Plot, dir: string, say: (line: string) => void): void {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `${plot.name}.svg`);
  writeFileSync(file, drawSvg(plot));
  say(`plot: ${file}`);
}
