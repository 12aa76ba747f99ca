import { figure, type Figure } from '../figure.ts';
import { costOf, describeCost } from '../process-cost.ts';
import type { BenchRun } from '../run.ts';
import { setStage } from '../stage.ts';

/** Seconds from the start of the new server. */
const MAX_SECONDS = 15;
/** Milliseconds: on few processors that carry the nodes as well, a late figure says more than none. */
const PATIENCE_MS = 300_000;

/** kill -9 of the server and its start, until every node is available again. */
export async function restart(quick: boolean, run: BenchRun): Promise<Figure[]> {
  const nodes = run.nodes ?? (quick ? 200 : 9_000);
  const stage = await setStage(run, nodes);
  const swarm = await stage.swarm();
  const before = await swarm.logged();
  const killed = performance.now();
  const server = await stage.killAndStart();
  const ready = performance.now() - killed;
  await stage.allAvailable(PATIENCE_MS);
  const seconds = (performance.now() - killed) / 1000;
  const cost = costOf(server.program.pid);
  const counts = await stage.counts();
  const said = [...(await swarm.logged())].flatMap(([message, n]) => {
    const times = n - (before.get(message) ?? 0);
    return times === 0 ? [] : [`${times} x ${message}`];
  });
  run.say(
    `the server listens ${(ready / 1000).toFixed(1)} s after the kill; the agents said: ${said.join('; ')}`,
  );
  run.say(`server, a node: ${describeCost(cost, nodes, 'µs')}`);
  const requests = counts.sum('pushy_http_request_duration_seconds_count', {
    route: '/organizations/:org/pushy/config/:node',
  });
  const handshakes = counts.sum('pushy_events_total', { event: 'handshakes_admitted' });
  const row = { bench: 'restart', nodes };
  const cpu = { figure: 'server processor a node', value: (cost.cpu * 1000) / nodes, unit: 'µs' };
  return [
    figure(
      { ...row, figure: 'kill to all available', value: seconds, unit: 's' },
      null,
      MAX_SECONDS,
    ),
    figure({ ...row, figure: 'configuration requests', value: requests, unit: '' }, null, 0),
    figure(
      { ...row, figure: 'handshakes a node', value: handshakes / nodes, unit: '' },
      null,
      null,
    ),
    figure({ ...row, ...cpu }, null, null),
  ];
}
