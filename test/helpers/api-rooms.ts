import { randomBytes } from 'node:crypto';
import { formatHttpDate, open, readServerMessage, seal, type Frames } from '@pushy/protocol';
import { systemClock, type Config } from '@pushy/server';
import { openApi } from '../../server/src/compose/open-api.ts';
import { openDirectory } from '../../server/src/compose/open-directory.ts';
import { openDispatcher } from '../../server/src/compose/open-dispatcher.ts';
import { openFeedLog } from '../../server/src/compose/open-feed-log.ts';
import { createJob } from '../../server/src/db/create-job.ts';
import type { Db } from '../../server/src/db/db.ts';
import { saveAdmission } from '../../server/src/db/save-admission.ts';
import { saveChanges } from '../../server/src/db/save-changes.ts';
import { NO_CHANGES } from '../../server/src/core/job-record.ts';
import { makeMetrics } from '../../server/src/metrics.ts';
import { openSecrets } from '../../server/src/secrets/open-secrets.ts';
import { makeAdmissions, type Admission } from '../../server/src/zmq/admissions.ts';
import type { App } from './api.ts';
import { ask } from './engines.ts';
import { aJob } from './jobs.ts';
import { quietLog } from './logs.ts';
import { until } from './until.ts';

/** Everything of a server but its ZeroMQ sockets: what crosses them is seen and counted here. */
export interface ApiRooms {
  app: App;
  /** Types of the messages that were sent to nodes, in order. */
  sent: string[];
  /** CURVE keys that were let in. */
  admitted: Admission[];
  /** All rows that a request could change, as one text. */
  rows(): Promise<string>;
  /** Waits until what a request began is written. */
  settled(): Promise<void>;
  /** Puts a finished job with output of `web1` there; answers its id. */
  finishedJob(): Promise<string>;
  /** Starts a job on `web1`, which never votes; answers its id. */
  jobInFlight(): Promise<string>;
  close(): Promise<void>;
}

/** Whatever a request could write. */
const TABLES = ['jobs', 'job_nodes', 'job_options', 'job_output', 'org_events', 'admissions'];
const ADDRESS = Buffer.from([0, 0, 0, 0, 1]);

/** Opens the rooms of one organization, with the node `web1` idle. */
export async function openApiRooms(db: Db, config: Config, orgId: string): Promise<ApiRooms> {
  const clock = systemClock;
  const log = quietLog;
  const sent: string[] = [];
  const admitted: Admission[] = [];
  const secrets = await openSecrets(config.dir);
  const directory = openDirectory(config, { db, clock, log });
  const feeds = await openFeedLog({ config, db, clock, log, secrets });
  const table = makeAdmissions({
    clock,
    log,
    store: {
      save: (admission, keep) => saveAdmission(db, admission, keep),
      list: () => Promise.resolve([]),
      remove: () => Promise.resolve(),
      generations: () => Promise.resolve([]),
      removeLapsed: () => Promise.resolve(),
    },
  });
  await table.admit({
    orgId,
    node: 'web1',
    curveKey: Buffer.alloc(32, 1),
    requester: { name: 'web1', type: 'client' },
  });
  const admissions = {
    ...table,
    admit: (admission: Admission) => {
      admitted.push(admission);
      return table.admit(admission);
    },
  };
  const key = { hmac_sha256: secrets.sessionKey(orgId, 'web1', 0) };
  let sequence = 0;
  const say = (type: string, more: object = {}): void => {
    const body = {
      ...{ node: 'web1', client: 'web1', org: 'acme', protocol_version: '2.0', type },
      ...{ sequence: ++sequence, timestamp: formatHttpDate(clock.now()), incarnation_id: 'one' },
      ...more,
    };
    dispatcher.onFrames(ADDRESS, seal(body, key));
  };
  const command = {
    send: (_: Buffer, frames: Frames) => {
      const opened = open(frames, key, clock.now());
      const type = (opened.ok ? readServerMessage(opened.value) : undefined)?.type ?? '?';
      sent.push(type);
      if (type === 'abort') setImmediate(say, 'aborted', { job_id: null });
    },
    isBehind: () => false,
    connections: { isFull: () => false, open: () => 0 },
    bind: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  };
  const random = { bytes: randomBytes, fraction: () => 0 };
  const metrics = makeMetrics();
  const shared = { config, db, clock, log, secrets, random, directory, feeds, metrics };
  const sessionKey = (org: string, node: string): Buffer =>
    secrets.sessionKey(org, node, table.generation(org, node));
  const wire = { admissions, command, sessionKey };
  const dispatcher = openDispatcher({ ...shared, wire });
  const app = openApi({
    ...shared,
    ...{ wire, dispatcher, maxConnections: 100, ports: { command: 1, heartbeat: 2 } },
  });
  const idle = (): Promise<unknown> =>
    until(
      'an idle node',
      () => dispatcher.presence.get(orgId, 'web1'),
      ({ availability }) => (availability === 'available' ? true : undefined),
    );
  say('heartbeat', { job_state: 'idle', job_id: null });
  await idle();
  await app.listen({ host: '127.0.0.1', port: 0 });

  async function rows(): Promise<string> {
    await dispatcher.jobs.flushed();
    const all = TABLES.map(
      (name) => `(select json_agg(to_json(t) order by to_json(t)::text) from ${name} t)`,
    );
    const [row] = await ask<{ all: unknown }>(db, `select json_build_array(${all.join()}) as all`);
    return JSON.stringify(row?.all);
  }

  return {
    app,
    sent,
    admitted,
    rows,
    async settled() {
      let before = '';
      await until('rows that stay as they are', rows, (now) => {
        if (now === before) return true;
        before = now;
        return undefined;
      });
    },
    async finishedJob() {
      const job = aJob({ orgId, nodes: ['web1'], capture: true, createdAt: clock.now() });
      await createJob(db, secrets.sealer, job);
      const [jobId, node, at] = [job.id, 'web1', clock.now()];
      await saveChanges(db, secrets.sealer, {
        ...NO_CHANGES,
        outputs: [{ jobId, node, stdout: 'out', stderr: 'err' }],
        nodes: [{ jobId, node, status: 'succeeded', at }],
        jobs: [{ jobId, status: 'complete', at }],
      });
      return job.id;
    },
    async jobInFlight() {
      await idle();
      const job = aJob({ orgId, id: dispatcher.jobs.newId(orgId), nodes: ['web1'] });
      await dispatcher.jobs.start({ ...job, createdAt: clock.now() });
      return job.id;
    },
    async close() {
      await app.close();
      await dispatcher.stop();
      await feeds.stop();
      await directory.close();
      table.close();
      secrets.close();
    },
  };
}
