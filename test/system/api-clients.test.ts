import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { startWireAgent } from '../helpers/wire-agent.ts';
import { run } from '../helpers/run.ts';
import { gemProgram } from './harness/gem-program.ts';
import { useScene } from './harness/scene.ts';
import { runByAdapter } from './api-clients/cutting-adapter.ts';
import { makeClientStage, nodes, type ClientStage } from './api-clients/stage.ts';
import { runPythonScript, useGoLibrary } from './api-clients/typed-library.ts';
import { runPhase } from './api-clients/workflow-server.ts';

// knife-push itself, `knife exec` and `knife raw` are played in knife.test.ts.
describe('the API clients of ADDON D.2', () => {
  const scene = useScene('postgresql', 'nginx', 'workstation', 'reference agent');
  let stage: ClientStage;
  before('a Chef server, our server, two agents', async () => {
    stage = await makeClientStage(scene);
  });

  const told: Readonly<Record<string, unknown>> = {
    'knife-pushy': { well: true },
    'knife-pushy, a command that fails': { well: false },
    'the earliest plugins': {
      status: 'complete',
      keys: ['availability', 'node_name', 'status'],
      list: [['availability', 'node_name']],
    },
    'job output --search': { db1: 'hello from db1\n', web1: 'hello from web1\n' },
    LWRP: { id: true, success: true },
    'delivery-sugar': { id: true, succeeded: ['web1'], recent: true },
    'delivery-truck': {
      all: ['db1', 'web1'],
      succeeded: 2,
      failed: null,
      unavailable: null,
      id: true,
    },
    FoodPusher: { status: 'complete', nodes: ['db1', 'web1'] },
    'knife, after a 400': { error: 'invalid key supplied', status: 'complete' },
    'knife, with what it always sends': { status: 'complete' },
    'signed by 1.3': { id: true, success: true },
  };
  for (const [client, expected] of Object.entries(told)) {
    it(`${client} (Ruby) understands the server`, () => {
      assert.deepEqual(stage.ruby[client], expected);
    });
  }

  it('H12 the workflow server of Automate wants 201 and the single key uri, behind a doubled slash', async () => {
    const chef = stage.connect('1.0');
    const command = `delivery-cmd ${Buffer.from('verify unit').toString('base64')}`;
    for (const node of nodes) assert.equal(await runPhase(chef, node, command), 'success', node);
    assert.equal(await runPhase(chef, 'web1', 'fail'), 'failure');
    assert.equal(await runPhase(chef, 'web1', 'not in the whitelist'), 'try another node');
    assert.equal(await runPhase(chef, 'ghost', command), 'restart');
    assert.equal(await runPhase(chef, 'web2', command), 'no node is available');
  });

  it("ONAP's adapter cuts the id out of the text of the answer", async () => {
    const chef = stage.connect('1.0');
    const well = await runByAdapter(chef, nodes, 'chef-client');
    assert.match(well.id, /^[0-9a-f]{32}$/);
    assert.deepEqual(well, { id: well.id, status: 'complete', failed: [] });
    const { status, failed } = await runByAdapter(chef, ['web1'], 'fail');
    assert.deepEqual({ status, failed }, { status: 'complete', failed: ['web1'] });
  });

  for (const version of ['1.0', '1.1', '1.3'] as const) {
    it(`the Go library reads every answer, signed by ${version}`, async () => {
      assert.deepEqual(await useGoLibrary(stage.connect(version), 'web1', 'greet'), {
        status: 'complete',
        nodes: { succeeded: ['web1'] },
        stdout: 'hello from web1\n',
        listed: true,
        availability: 'available',
      });
    });
  }

  it('a PyChef script sends every field', async () => {
    const { nodes: found, ...rest } = await runPythonScript(stage.connect('1.0'), nodes, 'probe');
    assert.deepEqual(rest, { status: 'complete', stdout: 'hello\nthe file' });
    assert.deepEqual(found['succeeded']?.toSorted(), nodes.toSorted());
  });

  it('a simulated agent is taken for one, in a job with the real ones', async () => {
    const key = await readFile(stage.spareKey, 'utf8');
    const agent = await startWireAgent({
      port: stage.port,
      org: 'acme',
      node: 'web2',
      key,
      output: 'simulated',
    });
    try {
      await agent.heartbeat();
      const all = [...nodes, 'web2'];
      const report = await runByAdapter(stage.connect('1.1'), all, 'greet');
      assert.deepEqual(report, { id: report.id, status: 'complete', failed: [] });
    } finally {
      await agent.close();
    }
  });

  it('a pipeline takes the id from what knife says and relies on its exit code', async () => {
    const { home } = stage.knife;
    const knife = gemProgram('workstation', 'knife', ['job', 'start', 'greet', 'web1'], home);
    const script = `out=$("$@") && printf '%s' "$out" | sed -n 's/^Started.  Job ID: //p'`;
    const args = ['-c', script, 'pipeline', knife.file, ...knife.args];
    const { code, stdout } = await run('sh', args, {
      env: knife.env,
      cwd: home,
      timeoutMs: 60_000,
    });
    assert.equal(code, 0);
    assert.match(stdout, /^[0-9a-f]{32}\n$/);
  });

  it('a hundred looks at once are answered: clients look ten times a second (ADDON D.3)', async () => {
    const chef = stage.connect('1.3');
    const looks = Array.from({ length: 100 }, () => chef.get('/organizations/acme/pushy/jobs'));
    assert.ok((await Promise.all(looks)).every(({ status }) => status === 200));
  });
});
