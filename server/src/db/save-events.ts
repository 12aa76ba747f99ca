import type { StampedEvent } from '../core/feed-event.ts';
import type { JobChanges } from '../core/job-record.ts';
import type { Statement } from './db.ts';
import type { Sealer } from './sealer.ts';

/**
 * Stores events of jobs, sealed, one row a job. A batch whose answer was lost comes again, perhaps with more behind it:
 * then it takes the place of the first.
 */
export const SAVE_EVENTS: Statement<unknown> = {
  name: 'save-events',
  text: `
    insert into job_events as old (job_id, first_seq, last_seq, last_at, key_id, data)
    select e.job_id, e.first_seq, e.last_seq, e.last_at, e.key_id, decode(e.data, 'hex')
    from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::integer[], $6::text[])
      as e (job_id, first_seq, last_seq, last_at, key_id, data)
    join jobs j on j.id = e.job_id
    on conflict (job_id, first_seq) do update
    set last_seq = excluded.last_seq, last_at = excluded.last_at, key_id = excluded.key_id, data = excluded.data
    where excluded.last_seq >= old.last_seq`,
};
/** Stores events of organizations, sealed, one row each. */
export const SAVE_ORG_EVENTS: Statement<unknown> = {
  name: 'save-org-events',
  text: `
    insert into org_events (org_id, seq, at, job_id, key_id, data)
    select e.org_id, e.seq, e.at, e.job_id, e.key_id, decode(e.data, 'hex')
    from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::integer[], $6::text[])
      as e (org_id, seq, at, job_id, key_id, data)
    on conflict do nothing`,
};

/** Events in one row, at most: about 1 MB. */
const EVENTS_PER_ROW = 10_000;

/** The values of `SAVE_EVENTS`. */
export function eventValues(events: JobChanges['events'], sealer: Sealer): unknown[] {
  const rows = rowsOf(events).map(({ jobId, batch }) => {
    const [first, last] = [batch[0], batch[batch.length - 1]];
    return { jobId, first, last, ...sealer.seal(Buffer.from(JSON.stringify(batch))) };
  });
  return [
    rows.map((row) => row.jobId),
    rows.map((row) => row.first?.seq),
    rows.map((row) => row.last?.seq),
    rows.map((row) => row.last?.at),
    rows.map((row) => row.keyId),
    rows.map((row) => row.bytes.toString('hex')),
  ];
}

function rowsOf(events: JobChanges['events']): { jobId: string; batch: StampedEvent[] }[] {
  const rows: { jobId: string; batch: StampedEvent[] }[] = [];
  const open = new Map<string, StampedEvent[]>();
  for (const { jobId, seq, at, event } of events) {
    let batch = open.get(jobId);
    if (batch === undefined || batch.length >= EVENTS_PER_ROW) {
      batch = [];
      open.set(jobId, batch);
      rows.push({ jobId, batch });
    }
    batch.push({ seq, at, event });
  }
  return rows;
}

/** The values of `SAVE_ORG_EVENTS`. */
export function orgEventValues(events: JobChanges['orgEvents'], sealer: Sealer): unknown[] {
  const sealed = events.map(({ event }) => sealer.seal(Buffer.from(JSON.stringify(event))));
  return [
    events.map((e) => e.orgId),
    events.map((e) => e.seq),
    events.map((e) => e.at),
    events.map((e) => e.jobId),
    sealed.map((s) => s.keyId),
    sealed.map((s) => s.bytes.toString('hex')),
  ];
}
