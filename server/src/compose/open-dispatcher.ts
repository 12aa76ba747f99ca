import { makeLocalBus } from '../bus/local.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { createJob } from '../db/create-job.ts';
import { DbError } from '../db/db-error.ts';
import type { Db } from '../db/db.ts';
import { saveChanges } from '../db/save-changes.ts';
import { wantsOutput } from '../db/wants-output.ts';
import type { Directory } from '../directory/directory.ts';
import { makeKnownOrganizations } from '../directory/known-organizations.ts';
import { makeDispatcher, type Dispatcher, type Random } from '../dispatcher/dispatcher.ts';
import type { FeedLog } from '../feed-log.ts';
import type { Log } from '../log.ts';
import type { Secrets } from '../secrets/open-secrets.ts';
import type { Metrics } from '../metrics.ts';
import { countStore } from './count-store.ts';
import type { Wire } from './open-wire.ts';

export interface DispatcherParts {
  config: Config;
  db: Db;
  clock: Clock;
  log: Log;
  secrets: Secrets;
  random: Random;
  directory: Directory;
  wire: Pick<Wire, 'command' | 'admissions' | 'sessionKey'>;
  feeds: FeedLog;
  metrics: Metrics;
}

/** The heart with its ports filled: tables, socket, keys, directory. */
export function openDispatcher(parts: DispatcherParts): Dispatcher {
  const { config, db, clock, log, secrets, random, directory, wire, feeds, metrics } = parts;
  // Without CURVE nodes bring no keys, and nobody remembers them.
  const isAdmitted = (orgId: string, node: string): boolean =>
    config.disableCurveEncryption || wire.admissions.isAdmitted(orgId, node);
  return makeDispatcher({
    settings: {
      heartbeatInterval: config.heartbeatInterval,
      downThreshold: config.downThreshold,
      decayWindow: config.decayWindow,
      detectOfflineNodesInterval: config.detectOfflineNodesInterval,
      rehabTimer: config.rehabTimer,
      votingTimeout: config.votingTimeout * 1000,
      abortTimeout: config.abortTimeout * 1000,
      waitCompleteTime: config.waitCompleteTime * 1000,
      maxBodySize: config.maxBodySize,
      maxTimeSkew: config.maxTimeSkew * 1000,
      serverName: config.serverName,
    },
    clock,
    log,
    store: countStore(
      {
        createJob: (job) => createJob(db, secrets.sealer, job),
        saveChanges: (changes) => saveChanges(db, secrets.sealer, changes),
        refuses: (error) => !(error instanceof DbError && error.code === 'unavailable'),
        wantsOutput: (orgId, jobId, node) => wantsOutput(db, orgId, jobId, node),
      },
      metrics,
      clock,
    ),
    counts: metrics.messages,
    sender: wire.command,
    sessionKeys: { of: wire.sessionKey },
    organizations: makeKnownOrganizations({ directory, clock, log }),
    isAdmitted,
    isExpected: isAdmitted,
    acknowledges: (orgId, node) => wire.admissions.hasCapability(orgId, node, 'result_ack'),
    knowsTimeouts: (orgId, node) => wire.admissions.hasCapability(orgId, node, 'run_timeout'),
    knowsRemoval: (orgId, node) => wire.admissions.hasCapability(orgId, node, 'removal'),
    bus: makeLocalBus(),
    feeds,
    random,
  });
}
