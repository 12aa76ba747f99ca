import assert from 'node:assert/strict';
import { until } from '../../helpers/until.ts';
import type { Connection } from './connection.ts';

const base = '/organizations/acme/pushy';

/** A job as a typed library knows it: what it does not know it ignores. */
interface Job {
  readonly id: string;
  readonly status: string;
  readonly nodes: Record<string, string[]>;
}

/** What a program made of the library's answers. */
export interface LibraryReport {
  readonly status: string;
  readonly nodes: Record<string, string[]>;
  readonly stdout: string;
  readonly listed: boolean;
  readonly availability: string;
}

/** The push jobs service of the Go library for Cinc (ADDON D.2): takes `id` or `uri`, and every other call. */
export async function useGoLibrary(
  chef: Connection,
  node: string,
  command: string,
): Promise<LibraryReport> {
  const created = (await post(chef, {
    command,
    quorum: 1,
    run_timeout: 60,
    nodes: [node],
    env: {},
    capture_output: true,
  })) as { id?: string; uri?: string };
  const id = created.id ?? created.uri?.split('/').at(-1) ?? '';
  const job = await ended(chef, `${base}/jobs/${id}`);
  const list = await json<{ id: string }[]>(chef, `${base}/jobs`);
  const state = await json<{ availability: string }>(chef, `${base}/node_states/${node}`);
  const output = `${base}/jobs/${id}/output/${node}/stdout`;
  const { text } = await chef.get(output, 'application/octet-stream');
  return {
    status: job.status,
    nodes: job.nodes,
    stdout: text,
    listed: list.some((one) => one.id === id),
    availability: state.availability,
  };
}

/** A script on PyChef (ADDON D.2): every field, and the address of the answer as it stands there. */
export async function runPythonScript(
  chef: Connection,
  nodes: readonly string[],
  command: string,
): Promise<Pick<LibraryReport, 'status' | 'nodes' | 'stdout'>> {
  const { uri } = (await post(chef, {
    command,
    nodes,
    run_timeout: 60,
    quorum: nodes.length,
    user: 'root',
    env: { GREETING: 'hello' },
    file: 'raw:the file',
    capture_output: true,
  })) as { uri: string };
  const { status, nodes: found } = await ended(chef, uri);
  const { text } = await chef.get(`${uri}/output/${nodes[0] ?? ''}/stdout`, '*/*');
  return { status, nodes: found, stdout: text };
}

async function post(chef: Connection, body: unknown): Promise<unknown> {
  const { status, text } = await chef.post(`${base}/jobs`, body);
  assert.equal(status, 201, text);
  return JSON.parse(text);
}

function ended(chef: Connection, target: string): Promise<Job> {
  return until(
    'the end of the job',
    () => json<Job>(chef, target),
    (job) => (['new', 'voting', 'running'].includes(job.status) ? undefined : job),
  );
}

async function json<T>(chef: Connection, target: string): Promise<T> {
  const { status, text } = await chef.get(target);
  assert.equal(status, 200, text);
  return JSON.parse(text) as T;
}
