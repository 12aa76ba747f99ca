import assert from 'node:assert/strict';
import { until } from '../../helpers/until.ts';
import type { Connection } from './connection.ts';

/** What the adapter reports of a job: its last status and the nodes that failed. */
export interface AdapterReport {
  readonly id: string;
  readonly status: string;
  readonly failed: readonly string[];
}

/**
 * ONAP's Chef adapter (ADDON D.2): cuts the id out of the answer as text, from five characters after `jobs` to the
 * last but two, and looks at the job until it is neither to be voted on nor running.
 */
export async function runByAdapter(
  chef: Connection,
  nodes: readonly string[],
  command: string,
): Promise<AdapterReport> {
  const { status, text } = await chef.post('/organizations/acme/pushy/jobs', {
    command,
    run_timeout: 300,
    nodes,
    env: { RequestId: '1', CallbackUrl: 'http://localhost/' },
    capture_output: true,
  });
  assert.equal(status, 201, text);
  const id = text.slice(text.indexOf('jobs') + 5, text.length - 2);
  return until(
    'the end of the job',
    () => chef.get(`/organizations/acme/pushy/jobs/${id}`),
    (reply) => {
      assert.equal(reply.status, 200, reply.text);
      const job = JSON.parse(reply.text) as { status: string; nodes: Record<string, string[]> };
      if (['new', 'voting', 'running'].includes(job.status)) return undefined;
      return { id, status: job.status, failed: job.nodes['failed'] ?? [] };
    },
  );
}
