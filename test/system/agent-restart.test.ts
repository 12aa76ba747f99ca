import assert from 'node:assert/strict';
import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sendSigned } from '../helpers/http.ts';
import type { Program } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';
import { makeMarks, type Marks } from '../kill/marks.ts';
import { useScene } from './harness/scene.ts';
import { startStandalone, type Standalone } from './harness/standalone.ts';

/** Milliseconds between two heartbeats: an agent is back before it is missed, on a busy machine as well. */
const interval = 3000;
const jobs = '/organizations/acme/pushy/jobs';

describe('kill -9 of the agent (Decisions 4 and 5)', () => {
  const scene = useScene();
  let stage: Standalone;
  let marks: Marks;
  let home: string;
  /** The one that is killed, and one that holds the votes up while it stands still. */
  let agent: Program;
  let other: Program;

  before('a server and two agents', async () => {
    marks = await makeMarks(await scene.subdir('marks'));
    home = await scene.subdir('home');
    // It goes on until it is told to end.
    const print = `echo out; until [ -e ${home}/go ]; do sleep 0.1; done; echo err >&2; exit 3`;
    stage = await startStandalone(scene, {
      server: { heartbeat_interval: interval },
      nodes: ['ours', 'ours-too'],
      whitelist: () => ({ mark: marks.command, print }),
    });
    [agent, other] = await Promise.all([
      stage.startAgent('ours', home),
      stage.startAgent('ours-too'),
    ]);
  });
  beforeEach(() => stage.watcher.available(['ours', 'ours-too']));
  afterEach('nothing is left in the spool', async () => {
    await until('an empty spool', spool, (names) => (names.length === 0 ? true : undefined));
  });

  const spool = (): Promise<string[]> => readdir(join(home, 'state', 'spool'));

  async function post(nodes: readonly string[], more: object): Promise<string> {
    const body = JSON.stringify({ command: 'mark', nodes, run_timeout: 60, ...more });
    const headers = { 'content-type': 'application/json' };
    const what = { port: Number(new URL(stage.url).port), method: 'POST', path: jobs, headers };
    const answer = await sendSigned(stage.signer, { ...what, body });
    assert.equal(answer.status, 201, answer.body);
    return (JSON.parse(answer.body) as { uri: string }).uri.slice(-32);
  }
  const postOne = (pause: number): Promise<string> =>
    post(['ours'], { env: { PAUSE: String(pause), EXIT: '0' } });

  /** Resolves when the spool of the job holds a file of that name. */
  const inSpool = (id: string, name: RegExp): Promise<string> =>
    until(
      `${String(name)} in the spool`,
      () => readdir(join(home, 'state', 'spool', id)).catch(() => []),
      (names) => names.find((found) => name.test(found)),
    );

  async function kill(): Promise<void> {
    agent.signal('SIGKILL');
    await agent.exited;
  }
  async function start(): Promise<void> {
    agent = await stage.startAgent('ours', home);
  }
  async function ranOnce(id: string, node = 'ours'): Promise<void> {
    const ended = await stage.watcher.ended(id, 60_000);
    assert.deepEqual([ended.status, ended.nodes['succeeded']?.includes(node)], ['complete', true]);
    assert.equal((await marks.count()).get(`${id} ${node}`), 1);
  }

  it('when it has committed: it commits again, and runs once', async () => {
    other.signal('SIGSTOP');
    const id = await post(['ours', 'ours-too'], { env: { PAUSE: '0', EXIT: '0' } });
    await inSpool(id, /^committed$/);
    await agent.line(new RegExp(`message received type=commit jobId="?${id}`));
    await kill();
    await start();
    await agent.line(/a job of the agent before this one is taken up/);
    other.signal('SIGCONT');
    await ranOnce(id);
    await ranOnce(id, 'ours-too');
  });

  it('when it has written the order down and started nothing: it starts it, once', async () => {
    other.signal('SIGSTOP');
    const id = await post(['ours', 'ours-too'], { env: { PAUSE: '0', EXIT: '0' } });
    await inSpool(id, /^committed$/);
    await stage.watcher.job(id);
    await kill();
    other.signal('SIGCONT');
    // The order goes to a connection that nobody reads any more; what stands on disk is what it would have led to.
    await other.line(new RegExp(`run started jobId="?${id}`));
    const dir = join(home, 'state', 'spool', id);
    await rename(join(dir, 'committed'), join(dir, 'ordered'));
    await start();
    await ranOnce(id);
  });

  it('at the moment of the start: it runs once', async () => {
    const id = await postOne(1);
    await inSpool(id, /^(ordered|supervisor|leader)$/);
    await kill();
    await start();
    await ranOnce(id);
  });

  it('while the job runs: the run is adopted, with its output and its status', async () => {
    const id = await post(['ours'], { command: 'print', capture_output: true });
    await inSpool(id, /^leader$/);
    await kill();
    await start();
    await agent.line(/a run of the agent before this one is adopted/);
    await writeFile(join(home, 'go'), '');
    assert.equal((await stage.watcher.ended(id)).nodes['failed']?.[0], 'ours');
    const path = `${jobs}/${id}/output/ours`;
    const port = Number(new URL(stage.url).port);
    const output = async (stream: string): Promise<string> => {
      const headers = { accept: 'application/octet-stream' };
      return (await sendSigned(stage.signer, { port, path: `${path}/${stream}`, headers })).body;
    };
    assert.deepEqual([await output('stdout'), await output('stderr')], ['out\n', 'err\n']);
  });

  it('while the job runs, and the job is aborted then: the whole group is gone', async () => {
    const id = await postOne(1000);
    await inSpool(id, /^leader$/);
    await kill();
    await start();
    await agent.line(/a run of the agent before this one is adopted/);
    const headers = { 'content-type': 'application/json' };
    const port = Number(new URL(stage.url).port);
    const what = { port, method: 'POST', path: `${jobs}/${id}/stop`, headers, body: '{}' };
    assert.equal((await sendSigned(stage.signer, what)).status, 202);
    assert.deepEqual((await stage.watcher.ended(id)).nodes, { aborted: ['ours'] });
    assert.equal((await marks.count()).get(`${id} ours`), 1);
  });

  it('when the run has ended without it: its result is reported', async () => {
    const id = await postOne(1);
    await inSpool(id, /^leader$/);
    await kill();
    await inSpool(id, /^exited\.0$/);
    await start();
    await ranOnce(id);
  });

  it('when the result is sent and not acknowledged: it is sent again', async () => {
    const id = await postOne(1);
    await inSpool(id, /^leader$/);
    stage.server.program.signal('SIGSTOP');
    await inSpool(id, /^exited\.0$/);
    await agent.line(new RegExp(`run ended jobId="?${id}`));
    await agent.line(new RegExp(`result sent jobId="?${id}`));
    await kill();
    stage.server.program.signal('SIGCONT');
    await start();
    await ranOnce(id);
  });

  it('at any time: a job runs once, or never where its commit was lost with the agent', async () => {
    for (const pause of [0, 0.1, 0.3]) {
      const id = await postOne(0.2);
      await until('the time of the kill', () => Date.now(), after(pause * 1000));
      await kill();
      await start();
      const { status } = await stage.watcher.ended(id, 60_000);
      if (status !== 'quorum_failed') await ranOnce(id);
      else assert.equal((await marks.count()).has(`${id} ours`), false);
      await stage.watcher.available(['ours']);
    }
  });
});

/** Says so when these milliseconds have passed. */
function after(ms: number): (now: number) => true | undefined {
  const end = Date.now() + ms;
  return (now) => (now >= end ? true : undefined);
}
