import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { freePort } from '../helpers/free-port.ts';
import { makeCli } from './harness/cli.ts';
import { startGoiardi, startOpenGoiardi, type Goiardi } from './harness/goiardi.ts';
import { makeKnife, type Workstation } from './harness/knife.ts';
import { logLines } from './harness/log-lines.ts';
import { startNginx, type Nginx } from './harness/nginx.ts';
import { startPushyAgent } from './harness/pushy-agent.ts';
import { makeServerHome, startPushyServer } from './harness/pushy-server.ts';
import { startRubyAgent } from './harness/ruby-agent.ts';
import { useScene } from './harness/scene.ts';
import { makeWatcher } from './harness/watcher.ts';
import { startedJob, text, transcribe, type Transcript } from './knife/transcript.ts';

/** A node of ours, one of the reference. */
const nodes = ['web1', 'db1'];

// Our server calls goiardi without an organization; everybody else is at /organizations/DEFAULT (Decision 17).
describe('goiardi as the Chef server', () => {
  const scene = useScene('workstation', 'reference agent', 'nginx', 'goiardi');
  let goiardi: Goiardi;
  let nginx: Nginx;
  let knife: Workstation;
  let pushy: Workstation;
  /** Path of the key of a client of goiardi, by name. */
  const keys: Record<string, string> = {};

  before('goiardi, our server, an agent of each kind', async () => {
    goiardi = await startGoiardi(scene);
    const port = await freePort();
    const home = await makeServerHome(scene, {
      chef_server_url: `http://127.0.0.1:${port}`,
      chef_backend: 'goiardi',
      chef_superuser: 'admin',
      chef_superuser_key: goiardi.adminKey,
    });
    const server = await startPushyServer(scene, home);
    const chefPort = Number(new URL(goiardi.url).port);
    nginx = await startNginx(scene, { pushyPort: server.apiPort, chefPort, org: 'DEFAULT' }, port);
    for (const node of nodes) keys[node] = await goiardi.createClient(node);
    keys['robot'] = await goiardi.createClient('robot', { admin: true });

    const url = `${nginx.url}/organizations/DEFAULT`;
    const agent = (node: string): Parameters<typeof startPushyAgent>[1] => ({
      ...{ url, node, key: keys[node] ?? '' },
      whitelist: { greet: 'echo "$GREETING from $CHEF_PUSH_NODE_NAME"' },
    });
    await Promise.all([startPushyAgent(scene, agent('web1')), startRubyAgent(scene, agent('db1'))]);
    const admin = { url, user: 'admin', key: goiardi.adminKey };
    knife = await makeKnife(scene, admin);
    pushy = await makeCli(scene, admin);
    await (await makeWatcher(admin)).available(nodes);
  });

  type Said = Partial<Transcript>;

  /** Both say the same; `advice` is what ours adds to knife's errors. */
  async function bothSay(args: readonly string[], said: Said, advice = ''): Promise<void> {
    const results = await Promise.all([knife, pushy].map((program) => program.run(args)));
    const wanted = { code: 0, stdout: '', stderr: '', ...said };
    assert.deepEqual(
      results.map((result) => transcribe(result)),
      [wanted, { ...wanted, stderr: wanted.stderr + advice }],
    );
  }

  const as = (name: string, key = name): string[] => ['--user', name, '--key', keys[key] ?? ''];

  /** Everybody signs with the key of web1 there. */
  const refused = (user: string, answer: string): Said => ({
    code: 100,
    stderr: text`
      ERROR: Failed to authenticate to http://127.0.0.1:<PORT>/organizations/DEFAULT as ${user} with key <TMP>/goiardi/web1.pem
      Response:  ${answer}
    `,
  });

  it('shows the nodes', async () => {
    await bothSay(['node', 'status', ...nodes, 'nowhere'], {
      stdout: 'web1\tavailable\ndb1\tavailable\nnowhere\tunavailable\n',
    });
  });

  for (const name of ['knife', 'pushy'] as const) {
    it(`runs a job that an admin starts by ${name}, and keeps its output`, async () => {
      const program = name === 'knife' ? knife : pushy;
      const environment = ['--with-env', '{"GREETING":"hello"}'];
      const started = await program.run([
        ...['job', 'start', '--capture', ...environment, 'greet'],
        ...[...nodes, '--poll-interval', '0.2'],
      ]);
      const report = text`
        capture_output: true
        command:        greet
        created_at:     <DATE>
        env:
          GREETING: hello
        id:             <JOB>
        nodes:
          succeeded:
            db1
            web1
        run_timeout:    3600
        status:         complete
        updated_at:     <DATE>
      `;
      const stdout = `Started.  Job ID: <JOB>\n.Complete.\n${report}`;
      assert.deepEqual(transcribe(started), { code: 0, stdout, stderr: '' });
      const job = startedJob(started.stdout) ?? '';
      const [status, ...outputs] = await Promise.all([
        program.ok(['job', 'status', job]),
        ...nodes.map((node) => program.ok(['job', 'output', job, node])),
      ]);
      assert.equal(status.replaceAll(job, '<JOB>').replace(/\w+, .* GMT/g, '<DATE>'), report);
      assert.deepEqual(
        outputs,
        nodes.map((node) => `hello from ${node}\n\n`),
      );
    });
  }

  it('lets a client start jobs that is an admin', async () => {
    const args = ['job', 'start', '--nowait', 'greet', 'nowhere', ...as('robot')];
    await bothSay(args, { stdout: 'Started.  Job ID: <JOB>\n' });
  });

  it('lets another client look, not start', async () => {
    await bothSay(['node', 'status', 'db1', ...as('web1')], { stdout: 'db1\tavailable\n' });
    await bothSay(
      ['job', 'start', 'greet', 'web1', ...as('web1')],
      {
        code: 100,
        stderr: text`
          ERROR: You authenticated successfully to http://127.0.0.1:<PORT>/organizations/DEFAULT as web1 but you are not authorized for this action.
          Response:  User or client 'web1' does not have access to that action on this server.
        `,
      },
      text`
        Jobs are started by members of the group pushy_job_writers (without that group: admins),
        and seen by members of pushy_job_readers (without that group: everybody in the organization).
      `,
    );
  });

  it('turns away who signs with the key of somebody else, reading or writing', async () => {
    const answer = `Invalid signature for user or client 'admin'`;
    for (const args of [
      ['job', 'list'],
      ['job', 'start', 'greet', 'web1'],
    ]) {
      await bothSay(
        [...args, ...as('admin', 'web1')],
        refused('admin', answer),
        'The key is not the one that the server knows for admin.\n',
      );
    }
  });

  it('turns away whom goiardi does not know', async () => {
    const advice = 'Ensure that your node_name and client key are correct.';
    const answer = `Failed to authenticate as 'nobody'. ${advice}`;
    await bothSay(['job', 'list', ...as('nobody', 'web1')], refused('nobody', answer));
  });

  it('was asked by our server without an organization', async () => {
    const log = await readFile(nginx.accessLog, 'utf8');
    const asked = log
      .split('\n')
      .filter((line) => line.endsWith('"pushy-server"'))
      .map((line) => /"GET \/(\w+)\/([\w-]+) HTTP/.exec(line)?.slice(1));
    const about = (collection: string): string[] =>
      [...new Set(asked.filter((a) => a?.[0] === collection).map((a) => a?.[1] ?? ''))].sort();
    assert.deepEqual(about('users'), ['admin']);
    assert.deepEqual(about('clients'), ['robot', 'web1']);
    // And one name that nobody has: goiardi must say so.
    const uuid = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
    const principals = about('principals').filter((name) => !uuid.test(name));
    assert.deepEqual(principals, ['admin', 'db1', 'nobody', 'robot', 'web1']);
    assert.ok(asked.every((a) => ['users', 'clients', 'principals'].includes(a?.[0] ?? '')));
  });

  it('Decision 17: is refused where it checks no signatures, in words that everybody can read', async () => {
    const open = await startOpenGoiardi(scene);
    const home = await makeServerHome(scene, {
      chef_server_url: open,
      chef_backend: 'goiardi',
      chef_superuser: 'admin',
      chef_superuser_key: goiardi.adminKey,
    });
    const { url, program } = await startPushyServer(scene, home);
    await bothSay(['job', 'list', '--server-url', `${url}/organizations/DEFAULT`], {
      code: 100,
      stderr: text`
        ERROR: bad gateway
        Response: The Chef server could not be asked: this goiardi checks no signatures, so that nobody can be told apart: start it with --use-auth
      `,
    });
    const errors = logLines(program).filter(({ level }) => level === 'error');
    assert.deepEqual(
      errors.map(({ msg, err }) => [msg, (err as Error).message]),
      Array(2).fill([
        'request needs the Chef server, which fails',
        'this goiardi checks no signatures, so that nobody can be told apart: start it with --use-auth',
      ]),
    );
  });
});
