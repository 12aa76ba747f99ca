import { isSettled, type NodeStatus } from '@pushy/protocol';
import type { StampedEvent } from '../core/feed-event.ts';
import type { NewJob, UnfinishedJob } from '../core/job-record.ts';
import type { Db, Statement } from './db.ts';
import { JOB_COLUMNS, toStoredJob, type JobRow } from './job-row.ts';
import { unseal, type Sealer } from './sealer.ts';
import { nodeStatusOf } from './status-codes.ts';

interface Row extends JobRow {
  org_name: string;
  job_file: Buffer | null;
  /** [name, status, stopped], by name. */
  nodes: [string, number, boolean][] | null;
}

/** The statuses are those of the index jobs_unfinished. */
const READ_UNFINISHED_JOBS: Statement<Row> = {
  name: 'read-unfinished-jobs',
  text: `
    select ${JOB_COLUMNS}, j.org_name, o.job_file,
      (
        select json_agg(json_build_array(n.node_name, n.status, n.stopped) order by n.node_name)
        from job_nodes n where n.job_id = j.id
      ) as nodes
    from jobs j left join job_options o on o.job_id = j.id
    where j.status in (0, 1, 5)
    order by j.created_at, j.id`,
};
const READ_EVENTS: Statement<{ job_id: string; key_id: number; data: Buffer }> = {
  name: 'read-events',
  text: `
    select e.job_id, e.key_id, e.data from job_events e join jobs j on j.id = e.job_id
    where j.status in (0, 1, 5)
    order by e.job_id, e.first_seq`,
};

/** The jobs that were in flight when the server ended, oldest first, with their feeds so far (Decision 3). */
export async function readUnfinishedJobs(db: Db, sealer: Sealer): Promise<UnfinishedJob[]> {
  const rows = await db.query(READ_UNFINISHED_JOBS);
  if (rows.length === 0) return [];
  const feeds = await readFeeds(db, sealer);
  return rows.map((row) => toUnfinishedJob(row, sealer, feeds.get(row.id) ?? []));
}

async function readFeeds(db: Db, sealer: Sealer): Promise<Map<string, StampedEvent[]>> {
  const feeds = new Map<string, StampedEvent[]>();
  for (const { job_id: jobId, key_id: keyId, data } of await db.query(READ_EVENTS)) {
    const feed = feeds.get(jobId) ?? [];
    feeds.set(jobId, feed);
    const batch = JSON.parse(unseal(sealer, keyId, data).toString()) as StampedEvent[];
    // Where a batch was written twice, cut in another place, the later one begins with what is here already.
    const last = feed.at(-1)?.seq ?? 0;
    for (const event of batch) if (event.seq > last) feed.push(event);
  }
  return feeds;
}

function toUnfinishedJob(row: Row, sealer: Sealer, events: StampedEvent[]): UnfinishedJob {
  const { status, updatedAt, stopped = false, ...stored } = toStoredJob(row, sealer);
  const nodes = (row.nodes ?? []).map(([node, code, asked]) => {
    const nodeStatus: NodeStatus = nodeStatusOf(code);
    return { node, status: nodeStatus, stopped: asked && !isSettled(nodeStatus) };
  });
  const { job_file: file } = row;
  const job: NewJob = {
    ...stored,
    orgName: row.org_name,
    nodes: nodes.map(({ node }) => node),
    ...(file === null ? {} : { file: unseal(sealer, row.key_id, file).toString() }),
  };
  return { job, status, updatedAt, stopped, nodes, events };
}
