import type { NodesByStatus } from '@pushy/protocol';
import type { StoredJob } from '../core/job-record.ts';
import { unseal, type Sealer } from './sealer.ts';
import { jobStatusOf, nodeStatusOf } from './status-codes.ts';

/** A job as the statements below answer it. Numbers are float8: exact for every integer that a job may hold. */
export interface JobRow {
  id: string;
  org_id: string;
  requester: string;
  command: string;
  status: number;
  quorum: number;
  run_timeout: number;
  job_user: string | null;
  dir: string | null;
  /** Sealed where there is a key. */
  env: Buffer | null;
  key_id: number | null;
  capture: boolean;
  stopped: boolean;
  created_at: number;
  updated_at: number;
}

/** Columns of `JobRow`, of `jobs j left join job_options o`. Times in milliseconds since 1970 (D1). */
export const JOB_COLUMNS = `
  j.id, j.org_id, coalesce(j.requester, '') as requester, j.command, j.status,
  j.quorum::float8 as quorum, j.run_timeout::float8 as run_timeout,
  o.job_user, o.dir, o.env, o.key_id, coalesce(o.capture, false) as capture,
  j.stopped,
  round(extract(epoch from j.created_at) * 1000)::float8 as created_at,
  round(extract(epoch from j.updated_at) * 1000)::float8 as updated_at`;

/** The job that a row holds, without its file. */
export function toStoredJob(row: JobRow, sealer: Pick<Sealer, 'open'>): StoredJob {
  return {
    id: row.id,
    orgId: row.org_id,
    requester: row.requester,
    command: row.command,
    status: jobStatusOf(row.status),
    quorum: row.quorum,
    runTimeout: row.run_timeout,
    capture: row.capture,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.stopped ? { stopped: true } : {}),
    ...(row.job_user === null ? {} : { user: row.job_user }),
    ...(row.dir === null ? {} : { dir: row.dir }),
    ...(row.env === null ? {} : { env: readEnv(unseal(sealer, row.key_id, row.env)) }),
  };
}

function readEnv(plain: Buffer): Record<string, string> {
  return JSON.parse(plain.toString()) as Record<string, string>;
}

/** Names by status from names by number; only statuses that occur (REFERENCE 8.5). */
export function toNodesByStatus(byCode: Readonly<Record<string, string[]>>): NodesByStatus {
  const nodes: NodesByStatus = {};
  for (const [code, names] of Object.entries(byCode)) nodes[nodeStatusOf(Number(code))] = names;
  return nodes;
}

/** How many nodes each status has, from the numbers by code. */
export function toCounts(
  byCode: Readonly<Record<string, number>>,
): Partial<Record<keyof NodesByStatus, number>> {
  const counts: Partial<Record<keyof NodesByStatus, number>> = {};
  for (const [code, count] of Object.entries(byCode)) counts[nodeStatusOf(Number(code))] = count;
  return counts;
}
