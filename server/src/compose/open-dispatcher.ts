import { makeLocalBus } from '../bus/local.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { createJob } from '../db/create-job.ts';
import type { Db } from '../db/db.ts';
import { saveChanges } from '../db/save-changes.ts';
import type { Directory } from '../directory/directory.ts';
import { makeKnownOrganizations } from '../directory/known-organizations.ts';
import { makeDispatcher, type Dispatcher, type Random } from '../dispatcher/dispatcher.ts';
import { makeFeedLog } from '../feed-log.ts';
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
  wire: Pick<Wire, 'command' | 'admissions'>;
  metrics: Metrics;
}

/** The heart with its ports filled: tables, socket, keys, directory. */
export function openDispatcher(parts: DispatcherParts): Dispatcher {
  const { config, db, clock, log, secrets, random, directory, wire, metrics } = parts;
  return makeDispatcher({
    settings: {
      heartbeatInterval: config.heartbeatInterval,
      downThreshold: config.downThreshold,
      decayWindow: config.decayWindow,
      detectOfflineNodesInterval: config.detectOfflineNodesInterval,
      rehabTimer: config.rehabTimer,
      votingTimeout: config.votingTimeout * 1000,
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
      },
      metrics,
      clock,
    ),
    counts: metrics.messages,
    sender: wire.command,
    sessionKeys: { of: (orgId, node) => secrets.sessionKey(orgId, node) },
    organizations: makeKnownOrganizations(directory, clock),
    // Without CURVE nodes bring no keys.
    isAdmitted: (orgId, node) =>
      config.disableCurveEncryption || wire.admissions.isAdmitted(orgId, node),
    bus: makeLocalBus(),
    feeds: makeFeedLog({ clock }),
    random,
  });
}
