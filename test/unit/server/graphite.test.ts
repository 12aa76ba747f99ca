import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { startGraphite } from '../../../server/src/graphite.ts';
import { makeMetrics } from '../../../server/src/metrics.ts';
import { makeFakeClock, type FakeClock } from '../../helpers/fake-clock.ts';
import { makeLog } from '../../helpers/logs.ts';
import { startServer, testConfig } from '../../helpers/server.ts';
import { makeTempDir } from '../../helpers/temp-dir.ts';
import { until } from '../../helpers/until.ts';

describe('reports to Graphite (ADDON B.4)', () => {
  let graphite: Server;
  let reports: string[];
  let port: number;
  let clock: FakeClock;
  beforeEach(async () => {
    reports = [];
    clock = makeFakeClock();
    graphite = createServer((socket) => {
      void text(socket).then((report) => reports.push(report));
    }).listen(0, '127.0.0.1');
    await once(graphite, 'listening');
    ({ port } = graphite.address() as AddressInfo);
  });
  afterEach(() => graphite.close());

  const start = (log = makeLog()) => {
    const metrics = makeMetrics();
    metrics.count('handshakes_admitted', 3);
    metrics.httpAnswered({ route: '/x/:org', method: 'GET', status: 200 }, 20);
    return startGraphite({
      ...{ host: '127.0.0.1', port, prefix: 'pushy.here', clock, log },
      samples: () => metrics.samples(),
    });
  };
  const nextReport = (): Promise<string> =>
    until(
      'a report',
      () => reports.shift(),
      (report) => report,
    );

  it('have every number, its labels in its name, and the time in seconds', async () => {
    const reporter = start();
    const lines = (await nextReport()).trimEnd().split('\n');
    const at = String(clock.now() / 1000);
    for (const line of lines) assert.match(line, /^pushy\.here\.[\w.-]+ -?[\d.e+-]+ \d+$/);
    assert.ok(lines.includes(`pushy.here.pushy_events_total.handshakes_admitted 3 ${at}`));
    const http = 'pushy.here.pushy_http_request_duration_seconds';
    assert.ok(lines.includes(`${http}_count.x_org.GET.200 1 ${at}`), lines.join('\n'));
    assert.ok(lines.includes(`${http}_sum.x_org.GET.200 0.02 ${at}`));
    assert.ok(!lines.some((line) => line.includes('_bucket')));
    await clock.advance(10_000);
    assert.match(await nextReport(), /^pushy\.here\./);
    await reporter.stop();
    assert.equal(clock.waiting(), 0);
  });

  it('say once that Graphite is away, and once that it is back', async () => {
    graphite.close();
    await once(graphite, 'close');
    const log = makeLog();
    const reporter = start(log);
    const said = (): string[] => log.lines.map((line) => line.message);
    await until('the line', said, (lines) => lines[0]);
    await clock.advance(10_000);
    graphite.listen(port, '127.0.0.1');
    await once(graphite, 'listening');
    await until(
      'a report',
      async () => {
        await clock.advance(10_000);
        return reports;
      },
      (all) => all[0],
    );
    await until('the line', said, (lines) => lines[1]);
    assert.deepEqual(said(), [
      'numbers could not be sent to Graphite',
      'Graphite takes the numbers again',
    ]);
    await reporter.stop();
  });

  it('come from a server that enable_graphite, graphite_host and graphite_port tell so', async function () {
    this.timeout(60_000);
    const [dir, remove] = await makeTempDir();
    const server = await startServer(
      await testConfig(dir, {
        PUSHY_SERVER_NAME: 'push.example.com',
        PUSHY_ENABLE_GRAPHITE: 'true',
        PUSHY_GRAPHITE_HOST: '127.0.0.1',
        PUSHY_GRAPHITE_PORT: String(port),
      }),
    );
    const report = await until(
      'a report',
      () => reports[0],
      (first) => first,
    );
    assert.match(report, /^pushy\.push_example_com\.pushy_nodes_online 0 \d+$/m);
    await server.stop();
    await remove();
  });
});
