/** The program of a keeper in Node (see node-keeper.ts). It outlives the agent that has started it. */
import './be-lean.ts';
import { parse } from 'node:path';
import { POSIX_EDGES, windowsEdges } from './keep-edges.ts';
import { keepRun, type KeepOrder } from './keep-run.ts';

process.chdir(parse(process.cwd()).root);
let isAskedToEnd = false;
// It stays to write down how the command has ended, which the same signal may be for.
for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const) {
  process.on(signal, () => {
    isAskedToEnd = true;
  });
}
// Whoever has started it may be gone.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const order = JSON.parse(process.argv[2] ?? '{}') as KeepOrder;
const umask = process.umask(0o077).toString(8);
const edges =
  process.platform === 'win32'
    ? windowsEdges(process.env['SystemRoot'] ?? 'C:\\Windows')
    : POSIX_EDGES;

const code = await keepRun({ ...order, umask }, edges, {
  ready: () => {
    process.stdout.write('ready\n');
  },
  isToldToGo: async () => {
    for await (const chunk of process.stdin) return String(chunk).startsWith('go\n');
    return false;
  },
  complain: (why) => {
    process.stderr.write(`${why}\n`);
  },
  isAskedToEnd: () => isAskedToEnd,
});
// Somebody whom the command has left behind may hold a pipe: the exit is explicit.
process.exit(code);
