import assert from 'node:assert/strict';
import { until } from '../../helpers/until.ts';
import type { Connection } from './connection.ts';

/** What the workflow server makes of one phase on one node. */
export type PhaseEnd =
  'no node is available' | 'success' | 'failure' | 'try another node' | 'restart';

/** Members without which it gives a job up. */
const needed = ['id', 'command', 'status', 'run_timeout', 'created_at', 'updated_at', 'nodes'];

/**
 * The workflow server of Chef Automate 1 (ADDON D.2): doubled slashes everywhere, the node's availability first,
 * one node in a job, an answer of 201 with the single key `uri`.
 */
export async function runPhase(chef: Connection, node: string, command: string): Promise<PhaseEnd> {
  const base = '/organizations/acme//pushy';
  if (node !== 'ghost' && !(await isAvailable(chef, `${base}/node_states`, node))) {
    return 'no node is available';
  }
  const { status, text } = await chef.post(`${base}/jobs`, {
    command,
    nodes: [node],
    run_timeout: 4500,
    quorum: 1,
  });
  assert.equal(status, 201, text);
  const created = JSON.parse(text) as Record<string, string>;
  assert.deepEqual(Object.keys(created), ['uri']);
  const id = created['uri']?.split('/').at(-1) ?? '';
  return await follow(chef, `${base}/jobs/${id}`);
}

async function isAvailable(chef: Connection, path: string, node: string): Promise<boolean> {
  const { status, text } = await chef.get(path);
  assert.equal(status, 200, text);
  const states = JSON.parse(text) as { node_name: string; availability: string }[];
  return states.some((s) => s.node_name === node && s.availability === 'available');
}

async function follow(chef: Connection, path: string): Promise<PhaseEnd> {
  let bad = 0;
  return until(
    'the end of a phase',
    () => chef.get(path),
    ({ status, text }) => {
      if (status !== 200) {
        bad += 1;
        assert.ok(bad <= 3, `${status} ${text}`);
        return undefined;
      }
      bad = 0;
      const job = JSON.parse(text) as { status: string; nodes: Record<string, string[]> };
      for (const key of needed) assert.ok(key in job, key);
      return judge(job);
    },
  );
}

function judge(job: { status: string; nodes: Record<string, string[]> }): PhaseEnd | undefined {
  if (['new', 'voting', 'running'].includes(job.status)) return undefined;
  const entries = Object.entries(job.nodes);
  const [status, names] = entries[0] ?? ['', []];
  // It understands one status of one node, and nothing else.
  assert.ok(entries.length === 1 && names.length === 1, JSON.stringify(job));
  if (job.status === 'complete') return status === 'succeeded' ? 'success' : 'failure';
  assert.equal(job.status, 'quorum_failed');
  return status === 'nacked' ? 'try another node' : 'restart';
}
