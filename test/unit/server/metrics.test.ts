import assert from 'node:assert/strict';
import { NO_CHANGES } from '../../../server/src/core/job-record.ts';
import { serveMetrics } from '../../../server/src/http/metrics-server.ts';
import { makeMetrics, type Metrics } from '../../../server/src/metrics.ts';
import { send } from '../../helpers/http.ts';
import { makeLog } from '../../helpers/logs.ts';
import { startServer, testConfig } from '../../helpers/server.ts';
import { makeTempDir } from '../../helpers/temp-dir.ts';

/** The samples of a metric, without their prefix. */
async function samples(metrics: Metrics, name: string): Promise<string[]> {
  const lines = (await metrics.text()).split('\n');
  return lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

describe('the metrics', () => {
  it('count messages by type and by the reason of their refusal', async () => {
    const metrics = makeMetrics();
    metrics.messages.received('heartbeat');
    metrics.messages.received('heartbeat');
    metrics.messages.sent('commit');
    metrics.messages.refused('bad_signature');
    const all = await metrics.text();
    assert.match(all, /^pushy_messages_received_total\{type="heartbeat"\} 2$/m);
    assert.match(all, /^pushy_messages_sent_total\{type="commit"\} 1$/m);
    assert.match(all, /^pushy_messages_refused_total\{reason="bad_signature"\} 1$/m);
  });

  it('cost less than a microsecond for a message', () => {
    const { messages } = makeMetrics();
    const rounds = 300_000;
    const start = process.hrtime.bigint();
    for (let n = 0; n < rounds; n += 1) {
      messages.received(n % 2 === 0 ? 'heartbeat' : 'ack_commit');
    }
    const ns = Number(process.hrtime.bigint() - start) / rounds;
    assert.ok(ns < 1000, `${ns} ns`);
  });

  it('stay bounded whatever they are told', async () => {
    const metrics = makeMetrics();
    for (let n = 0; n < 1000; n += 1) metrics.messages.received(`type ${n}`);
    const found = await samples(metrics, 'pushy_messages_received_total');
    assert.equal(found.length, 101);
    assert.ok(found.includes('pushy_messages_received_total{type="other"} 900'));
  });

  it('count what became durable, how late it was, and for how long nothing did', async () => {
    const metrics = makeMetrics();
    metrics.jobCreated();
    metrics.saveFailed(1000);
    metrics.saveFailed(4000);
    assert.deepEqual(await samples(metrics, 'pushy_save_failing_seconds'), [
      'pushy_save_failing_seconds 3',
    ]);
    const jobId = 'a'.repeat(32);
    metrics.saved(
      {
        ...NO_CHANGES,
        jobs: [{ jobId, status: 'complete', at: 2000 }],
        nodes: [{ jobId, node: 'n', status: 'succeeded', at: 1500 }],
        events: [
          { jobId, seq: 1, at: 1, event: { name: 'job_complete', data: { status: 'complete' } } },
        ],
      },
      5500,
    );
    const all = await metrics.text();
    for (const line of [
      'pushy_jobs_total{status="voting"} 1',
      'pushy_jobs_total{status="complete"} 1',
      'pushy_job_nodes_total{status="succeeded"} 1',
      'pushy_feed_events_total{event="job_complete"} 1',
      'pushy_save_failures_total{store="jobs"} 2',
      'pushy_save_failing_seconds 0',
      'pushy_save_lag_seconds_sum 4',
    ]) {
      assert.ok(all.split('\n').includes(line), line);
    }
    assert.ok(!all.includes(jobId));
  });

  it('show feeds, requests by route and status, and what is read at every look', async () => {
    const metrics = makeMetrics();
    metrics.feedOpened();
    metrics.feedOpened();
    metrics.feedClosed();
    metrics.count('admissions');
    const request = { route: '/organizations/:org/pushy/jobs', method: 'GET', status: 200 };
    metrics.httpAnswered(request, 20);
    let tracked = 1;
    metrics.read({
      nodes: () => ({ tracked, available: 1 }),
      jobsInMemory: () => 4,
      pool: () => undefined,
    });
    tracked = 3;
    const all = await metrics.text();
    for (const line of [
      'pushy_feeds_open 1',
      'pushy_events_total{event="admissions"} 1',
      'pushy_nodes_online 3',
      'pushy_nodes_available 1',
      'pushy_jobs_in_memory 4',
      'pushy_http_request_duration_seconds_bucket{le="0.025",route="/organizations/:org/pushy/jobs",method="GET",status="200"} 1',
    ]) {
      assert.ok(all.split('\n').includes(line), line);
    }
    assert.ok(!/^pushy_db_pool_total \d/m.test(all), 'there is no pool');
    assert.match(all, /^process_resident_memory_bytes \d/m);
    assert.match(all, /^nodejs_eventloop_lag_seconds /m);
  });
});

describe('the listener of the metrics', () => {
  it('serves /metrics alone, and says 500 where it cannot', async () => {
    const log = makeLog();
    let fails = false;
    const metrics = {
      contentType: 'text/plain; version=0.0.4',
      text: () => (fails ? Promise.reject(new Error('broken')) : Promise.resolve('a 1\n')),
    };
    const server = await serveMetrics({ host: '127.0.0.1', port: 0, metrics, log });
    const { port } = server;
    try {
      const found = await send({ port, path: '/metrics?x=1' });
      assert.deepEqual([found.status, found.body], [200, 'a 1\n']);
      assert.equal(found.headers['content-type'], metrics.contentType);
      assert.equal((await send({ port, path: '/' })).status, 404);
      assert.equal((await send({ port, path: '/metrics', method: 'POST' })).status, 405);
      fails = true;
      assert.equal((await send({ port, path: '/metrics' })).status, 500);
      assert.equal(log.lines.length, 1);
    } finally {
      await server.close();
    }
  });
});

describe('a server', function () {
  this.timeout(60_000);

  it('Decision 13: shows its metrics on a listener of its own, on loopback, unless that is off', async () => {
    const [dir, remove] = await makeTempDir();
    try {
      const server = await startServer(await testConfig(dir));
      try {
        const port = server.metricsPort!;
        assert.equal(server.config.metricsListen, '127.0.0.1');
        await send({ port: server.apiPort, path: '/pushy/_status' });
        await send({ port: server.apiPort, path: '/organizations/x/pushy/jobs' });
        assert.equal((await send({ port: server.apiPort, path: '/metrics' })).status, 404);
        const { body: text } = await send({ port, path: '/metrics' });
        assert.match(text, /_count\{route="\/pushy\/_status",method="GET",status="200"\} 1$/m);
        assert.match(text, /_count\{route="\/organizations\/:org\/pushy\/jobs",.*"40\d"\} 1$/m);
        assert.match(text, /_count\{route="none",method="GET",status="404"\} 1$/m);
        assert.match(text, /^pushy_nodes_online 0$/m);
      } finally {
        await server.stop();
      }
      const off = await startServer(await testConfig(dir, { PUSHY_METRICS_PORT: '' }));
      await off.stop();
      assert.equal(off.metricsPort, undefined);
    } finally {
      await remove();
    }
  });
});
