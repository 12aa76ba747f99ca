import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findByEnvironment } from '../helpers/descendants.ts';
import { sendSigned } from '../helpers/http.ts';
import { until } from '../helpers/until.ts';
import { normalise } from './harness/normalise.ts';
import { useScene } from './harness/scene.ts';
import { startStandalone, type Standalone } from './harness/standalone.ts';

const [left, right] = [
  ['ours-a', 'ruby-a'],
  ['ours-b', 'ruby-b'],
] as const;
const nodes = ['ours-a', 'ours-b', 'ruby-a', 'ruby-b'];

const shown = (status: string, by: Readonly<Record<string, readonly string[]>>): string =>
  `command:     wait
created_at:  <DATE>
env:
id:          <ID>
nodes:
${Object.entries(by)
  .map(([state, names]) => [`  ${state}:`, ...names.map((name) => `    ${name}`)].join('\n'))
  .join('\n')}
run_timeout: 3600
status:      ${status}
updated_at:  <DATE>
`;

describe('one job on agents of both kinds, stopped and deleted (Decision 8)', () => {
  const scene = useScene('workstation', 'reference agent');
  let stage: Standalone;
  let gate: string;

  before('a server and two agents of each kind', async () => {
    gate = join(await scene.subdir('gate'), 'open');
    stage = await startStandalone(scene, {
      // A reference agent that stops a command is deaf for three seconds, and shall not be missed meanwhile.
      server: { heartbeat_interval: 1500 },
      nodes,
      whitelist: () => ({
        greet: 'echo hello',
        wait: `sleep 300 & until [ -e ${gate} ]; do sleep 0.1; done; kill $!`,
      }),
    });
    await Promise.all(nodes.map((node) => stage.startAgent(node)));
  });
  beforeEach('all are available', () => stage.watcher.available(nodes));

  /** Starts the job that waits on all nodes; answers its id when all run it. */
  async function running(program: 'knife' | 'pushy'): Promise<string> {
    const said = await stage[program].ok(['job', 'start', '--nowait', 'wait', ...nodes]);
    const id = said.trim().slice(-32);
    assert.equal((await stage.watcher.running(nodes)).id, id);
    return id;
  }
  /** What both programs show of a job. */
  async function assertShown(id: string, text: string): Promise<void> {
    const programs = [stage.knife, stage.pushy];
    const told = await Promise.all(programs.map((program) => program.ok(['job', 'status', id])));
    assert.deepEqual(
      told.map((one) => normalise(one)),
      [text, text],
    );
  }
  /** Nodes on which a process of the job lives, its children and theirs included. */
  function atWork(id: string): string[] {
    const ofJob = new Set(findByEnvironment('CHEF_PUSH_JOB_ID', id).map(({ pid }) => pid));
    return nodes.filter((node) =>
      findByEnvironment('CHEF_PUSH_NODE_NAME', node).some(({ pid }) => ofJob.has(pid)),
    );
  }
  const gone = (id: string, from: readonly string[]): Promise<true> =>
    until(
      `the processes on ${from.join(', ')} to be gone`,
      () => atWork(id),
      (names) => !names.some((name) => from.includes(name)) || undefined,
      5_000,
    );
  async function refused(args: readonly string[], why: RegExp): Promise<void> {
    const { code, stdout, stderr } = await stage.pushy.run(args);
    assert.deepEqual([code, stdout], [100, '']);
    assert.match(stderr, why);
  }

  it('Decision 8: stops some nodes, then the others: what ran is gone on agents of both kinds', async () => {
    const id = await running('knife');
    await Promise.all([
      assertShown(id, shown('running', { running: nodes })),
      refused(
        ['job', 'delete', id],
        /^ERROR: Conflict\nResponse: job '\w{32}' is in flight: stop it first\.\n$/,
      ),
    ]);
    assert.deepEqual(atWork(id), nodes);
    const some = await stage.pushy.ok(['job', 'stop', id, ...left]);
    assert.equal(some, `Stopping ours-a, ruby-a.  Job ID: ${id}\n`);
    await until(
      'two nodes to be stopped',
      () => stage.watcher.job(id),
      ({ nodes: { aborted = [] } }) => aborted.length === 2 || undefined,
    );
    await gone(id, left);
    assert.deepEqual(atWork(id), right);
    // They are free, the others are not.
    assert.match(await stage.pushy.ok(['job', 'start', 'greet', ...left]), /\.Complete\.\n/);

    assert.equal(await stage.pushy.ok(['job', 'stop', id]), `Stopping.  Job ID: ${id}\n`);
    assert.equal((await stage.watcher.ended(id)).status, 'aborted');
    await Promise.all([
      assertShown(id, shown('aborted', { aborted: nodes })),
      refused(['job', 'stop', id], /is not in flight: its status is aborted/),
      gone(id, nodes),
    ]);
    // Nobody was missed: the agents themselves said that they stopped.
    assert.equal(stage.server.program.output().includes('"msg":"node is offline"'), false);
  });

  it('Decision 8: a job that is stopped on some nodes goes on to its end on the others', async () => {
    const id = await running('pushy');
    await stage.pushy.ok(['job', 'stop', id, ...right]);
    await gone(id, right);
    await writeFile(gate, '');
    assert.equal((await stage.watcher.ended(id)).status, 'complete');
    await assertShown(id, shown('complete', { aborted: right, succeeded: left }));
  });

  it('Decision 8: a job that is deleted is gone with its output, and from memory', async () => {
    const said = await stage.pushy.ok(['job', 'start', '--capture', 'greet', ...nodes]);
    const id = /Job ID: (\w{32})/.exec(said)?.[1] ?? '';
    for (const node of left) {
      assert.equal(await stage.pushy.ok(['job', 'output', id, node]), 'hello\n\n');
    }
    assert.equal(await stage.pushy.ok(['job', 'delete', id]), `Deleted.  Job ID: ${id}\n`);
    await refused(['job', 'delete', id], /job '\w{32}' does not exist/);
    const { port, pathname } = new URL(stage.url);
    for (const path of [`jobs/${id}`, `jobs/${id}/output/ruby-a/stdout`, `job_status_feed/${id}`]) {
      const asked = { port: Number(port), path: `${pathname}/pushy/${path}` };
      assert.equal((await sendSigned(stage.signer, asked)).status, 404, path);
    }
    const status = await fetch(`${stage.server.url}/pushy/_status`);
    const { job_processes } = (await status.json()) as { job_processes: string[] };
    assert.ok(!job_processes.includes(id));
  });
});
