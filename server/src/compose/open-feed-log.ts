import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Db } from '../db/db.ts';
import { dropEndedEvents } from '../db/drop-ended-events.ts';
import { dropEvents } from '../db/drop-events.ts';
import { pruneOrgEvents } from '../db/prune-org-events.ts';
import { readOrgEvents } from '../db/read-org-events.ts';
import { makeFeedLog, type FeedLog } from '../feed-log.ts';
import type { Log } from '../log.ts';
import type { Secrets } from '../secrets/open-secrets.ts';

/** The log of feeds over the tables; the feeds of organizations go on where the previous run left them. */
export async function openFeedLog(parts: {
  config: Config;
  db: Db;
  clock: Clock;
  log: Log;
  secrets: Pick<Secrets, 'sealer'>;
}): Promise<FeedLog> {
  const { config, db, clock, log, secrets } = parts;
  await dropEndedEvents(db);
  const histories = await readOrgEvents(db, secrets.sealer);
  const feeds = makeFeedLog({
    clock,
    log,
    orgFeedExpiration: config.orgFeedExpiration * 1000,
    store: {
      dropEvents: (jobIds) => dropEvents(db, jobIds),
      pruneOrgEvents: (before) => pruneOrgEvents(db, before),
    },
  });
  feeds.restoreOrgs(histories);
  return feeds;
}
