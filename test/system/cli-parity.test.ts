import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFakePushServer, type FakePushServer } from '../helpers/fake-push-server.ts';
import { freePort } from '../helpers/free-port.ts';
import { built } from '../helpers/built.ts';
import { run, type RunResult } from '../helpers/run.ts';
import { gemSet } from '../provision/gem-sets.ts';

interface Outcome extends RunResult {
  /** Method, path and body of each request. */
  requests: [string, string, unknown][];
}

/** One of the two programs, with a home and a server of its own: they run at the same time. */
interface Side {
  server: FakePushServer;
  home: string;
  env: NodeJS.ProcessEnv;
  command: (args: string[]) => { file: string; args: string[] };
}

const finished = {
  command: 'c',
  run_timeout: 3600,
  created_at: 'Tue, 04 Sep 2012 23:01:02 GMT',
  updated_at: 'Tue, 04 Sep 2012 23:17:56 GMT',
};
const rich = {
  id: 'abc1',
  ...finished,
  status: 'complete',
  env: { A: '1', B: 'two\nlines' },
  user: 'daemon',
  dir: '/tmp',
  file_specified: true,
  capture_output: true,
  nodes: { succeeded: ['a'], failed: ['b', 'c'] },
};
const bare = { id: 'abc2', ...finished, status: 'voting', env: {}, nodes: {} };

async function makeSide(runner: Pick<Side, 'env' | 'command'>): Promise<Side> {
  const server = await startFakePushServer();
  const home = await mkdtemp(join(tmpdir(), 'pushy-parity-'));
  await mkdir(join(home, '.chef'));
  for (const [user, rights] of [
    ['bob', {}],
    ['reader', { writer: false }],
    ['outsider', { member: false }],
  ] as const) {
    await writeFile(join(home, '.chef', `${user}.pem`), server.addUser(user, rights));
  }
  const config = [
    "node_name 'bob'",
    'client_key "#{File.dirname(__FILE__)}/bob.pem"',
    `chef_server_url '${server.url}/'`,
    'knife[:poll_interval] = 0.1',
    'http_retry_count 0',
  ];
  await writeFile(join(home, '.chef', 'config.rb'), `${config.join('\n')}\n`);
  await writeFile(join(home, 'payload.txt'), 'first line\nzweite Zeile: äöü\n');
  await writeFile(join(home, 'junk.pem'), 'junk\n');
  fill(server);
  return { server, home, ...runner };
}

function fill(server: FakePushServer): void {
  server.searches.set('name:web*', ['web01', 'web02', 'web03']);
  server.searches.set('nothing', []);
  const plan = (name: string, ...steps: [string, Record<string, string[]>][]): void => {
    server.plans.set(
      name,
      steps.map(([status, nodes]) => ({ status, nodes })),
    );
  };
  plan(
    'slow',
    ['new', { new: ['a', 'b', 'c'] }],
    ['voting', { new: ['b'], ready: ['a', 'c'] }],
    ['running', { running: ['a', 'b'], ready: ['c'] }],
    ['running', { running: ['a', 'b'], ready: ['c'] }],
    ['running', { running: ['a'], succeeded: ['b', 'c'] }],
    ['complete', { succeeded: ['a', 'b', 'c'] }],
  );
  plan('one fails', ['complete', { failed: ['a'], succeeded: ['b', 'c'] }]);
  plan('some refuse', ['complete', { succeeded: ['a'], nacked: ['b'], unavailable: ['c', 'd'] }]);
  plan('one crashes', ['complete', { crashed: ['a'], succeeded: ['b'] }]);
  plan(
    'no quorum',
    ['voting', { new: ['a'] }],
    ['quorum_failed', { was_ready: ['a'], nacked: ['b'] }],
  );
  plan('too slow', ['running', { running: ['a'] }], ['timed_out', { timed_out: ['a'] }]);
  plan('stopped', ['aborted', { aborted: ['a'] }]);
  server.outputs.set('*/a/stdout', Buffer.from('hello\nworld\n'));
  server.outputs.set('*/a/stderr', Buffer.alloc(0));
}

async function outcome(
  { server, home, env, command }: Side,
  args: string[],
  prepare: (server: FakePushServer) => void,
): Promise<Outcome> {
  server.reset();
  server.nodeStates = [
    { node_name: 'web01', availability: 'available' },
    { node_name: 'web02', availability: 'unavailable' },
  ];
  server.addJob(rich);
  server.addJob(bare);
  prepare(server);
  const called = command(args);
  const result = await run(called.file, called.args, {
    timeoutMs: 60_000,
    cwd: home,
    env: { ...env, HOME: home, PWD: home },
  });
  // The two have other homes and ports.
  const common = (text: string): string =>
    text.replaceAll(home, 'HOME').replaceAll(new URL(server.url).host, 'SERVER');
  return {
    ...result,
    stdout: common(result.stdout),
    stderr: common(result.stderr),
    requests: server.seen.map(({ method, path, body }) => [method, path, body]),
  };
}

describe('pushy beside knife with knife-push 2.0.1', function () {
  this.timeout(180_000);
  let sides: [Side, Side];

  before(async () => {
    const gems = gemSet('workstation');
    sides = [
      await makeSide({ env: gems.env, command: (args) => gems.command('knife', args) }),
      await makeSide({
        env: process.env,
        command: (args) => built('knife-bridge/src/main.ts', args),
      }),
    ];
  });

  after(async () => {
    for (const { server, home } of sides) {
      await server.close();
      await rm(home, { recursive: true });
    }
  });

  async function both(
    args: string[],
    prepare: (server: FakePushServer) => void = () => undefined,
  ): Promise<{ knife: Outcome; pushy: Outcome }> {
    const [knife, pushy] = await Promise.all([
      outcome(sides[0], args, prepare),
      outcome(sides[1], args, prepare),
    ]);
    return { knife, pushy };
  }

  /** The whole of it. */
  function assertSame({ knife, pushy }: { knife: Outcome; pushy: Outcome }): void {
    assert.deepEqual(pushy, knife);
  }

  /** Trouble: the same end, nothing else on standard output, and what knife says before any advice of ours. */
  function assertSameError({ knife, pushy }: { knife: Outcome; pushy: Outcome }): void {
    assert.equal(pushy.code, knife.code);
    assert.equal(pushy.stdout, knife.stdout);
    assert.deepEqual(pushy.requests, knife.requests);
    assert.notEqual(knife.stderr, '');
    assert.equal(pushy.stderr.slice(0, knife.stderr.length), knife.stderr);
  }

  const jobs: [string, string[], number][] = [
    ['follows a job through its states', ['slow', 'a', 'b', 'c'], 0],
    ['sends a percentage as a count, rounded up', ['ok', 'a', 'b', 'c', '--quorum', '50%'], 0],
    ['sends a count', ['ok', 'a', '-q0'], 0],
    ['sends a timeout', ['ok', 'a', '--timeout', '90'], 0],
    ['does not wait with -b', ['no quorum', 'a', '-b'], 0],
    [
      'sends a file, an environment, a directory and a user, and captures',
      ['ok', 'a', '--file', 'payload.txt', '--capture', '--with-env', '{"A":"1","B":"x y"}'].concat(
        ['--in-dir', '/tmp', '--as-user', 'daemon'],
      ),
      0,
    ],
    ['takes options before the names', ['--capture', 'ok', '-q', '1', 'a', 'b'], 0],
    ['prints the end as JSON', ['ok', 'a', '-F', 'json'], 0],
    ['ends with 1 when a node failed', ['one fails', 'a', 'b', 'c'], 1],
    ['ends with 0 when nodes refused or were away', ['some refuse', 'a', 'b', 'c', 'd'], 0],
    ['ends with 1 when a node crashed', ['one crashes', 'a', 'b'], 1],
    ['ends with 1 when the quorum failed', ['no quorum', 'a', 'b'], 1],
    ['ends with 1 when the job timed out', ['too slow', 'a'], 1],
    ['ends with 1 when the job was aborted', ['stopped', 'a'], 1],
  ];
  for (const [title, args, code] of jobs) {
    it(`job start ${title}`, async () => {
      const result = await both(['job', 'start', ...args]);
      assertSame(result);
      assert.equal(result.pushy.code, code);
    });
  }

  it('job start finds the nodes of a search', async () => {
    const { knife, pushy } = await both(['job', 'start', 'ok', '--search', 'name:web*']);
    // Ours asks for the names alone (partial search), knife for the whole nodes.
    const [search] = pushy.requests.splice(0, 1);
    assert.deepEqual(search, [
      'POST',
      `/organizations/acme/search/node?q=${encodeURIComponent('name:web*')}&start=0&rows=1000`,
      { name: ['name'] },
    ]);
    knife.requests.splice(0, 1);
    assertSame({ knife, pushy });
    assert.equal(pushy.code, 0);
  });

  it('job start says that a search found nothing', async () => {
    const { knife, pushy } = await both(['job', 'start', 'ok', '-s', 'nothing']);
    assertSameError({ knife: { ...knife, requests: [] }, pushy: { ...pushy, requests: [] } });
    assert.equal(pushy.code, 1);
  });

  it('job start falls back to a server of the 1.x line on a 400 (REFERENCE 17)', async () => {
    const result = await both(
      ['job', 'start', 'ok', 'a', '--capture', '--timeout', '9'],
      (server) => {
        server.version1 = true;
      },
    );
    assertSame(result);
    assert.equal(result.pushy.code, 0);
    assert.equal(result.pushy.requests.length, 3);
  });

  for (const [what, options] of [
    ['an environment', ['--with-env', '{"A":"1"}']],
    ['a file', ['--file', 'payload.txt']],
  ] as const) {
    it(`job start does not send ${what} to a server of the 1.x line`, async () => {
      const result = await both(['job', 'start', 'ok', 'a', ...options], (server) => {
        server.version1 = true;
      });
      assertSameError(result);
      assert.equal(result.pushy.code, 1);
    });
  }

  it('job start reports the second 400', async () => {
    const result = await both(['job', 'start', 'ok', 'a'], (server) => {
      for (const error of ['the whole', 'the smaller']) {
        const answer = { status: 400, body: { error: `invalid in ${error} request` } };
        server.canned.push({ method: 'POST', path: /jobs$/, answer });
      }
    });
    assertSameError(result);
    assert.equal(result.pushy.code, 100);
  });

  for (const args of [
    ['job', 'list'],
    ['job', 'list', '-F', 'json'],
    ['job', 'status', 'abc1'],
    ['job', 'status', 'abc2'],
    ['job', 'status', 'abc1', '--format', 'json'],
    ['job', 'output', 'abc1', 'a'],
    ['job', 'output', 'abc1', 'a', '--channel', 'stderr'],
    ['node', 'status'],
    ['node', 'status', 'web02', 'unknown', 'web01'],
  ]) {
    it(args.join(' '), async () => {
      const result = await both(args);
      assertSame(result);
      assert.equal(result.pushy.code, 0);
    });
  }

  it('job list and node status of nothing', async () => {
    assertSame(
      await both(['node', 'status'], (server) => {
        server.nodeStates = [];
      }),
    );
    for (const format of ['summary', 'json']) {
      assertSame(
        await both(['job', 'list', '-F', format], (server) => {
          server.canned.push({ method: 'GET', path: /jobs$/, answer: { status: 200, body: [] } });
        }),
      );
    }
  });

  for (const [title, args, extra = []] of [
    ['an unknown job', ['job', 'status', 'nope']],
    // Ours looks at the job as well, to say why there is none.
    [
      'output that was not captured',
      ['job', 'output', 'abc1', 'nobody'],
      [['GET', '/organizations/acme/pushy/jobs/abc1', undefined]],
    ],
    ['a user whom the server does not know', ['job', 'list', '-u', 'nobody']],
    ["another user's key", ['job', 'list', '-u', 'reader']],
    [
      'a user outside the organization',
      ['job', 'list', '-u', 'outsider', '-k', '.chef/outsider.pem'],
    ],
    [
      'a reader who starts a job',
      ['job', 'start', 'ok', 'a', '-u', 'reader', '-k', '.chef/reader.pem'],
    ],
  ] as const) {
    it(`ends with 100 for ${title}`, async () => {
      const { knife, pushy } = await both([...args]);
      const more = extra.map(([...request]): (typeof knife.requests)[number] => request);
      assertSameError({ knife: { ...knife, requests: [...knife.requests, ...more] }, pushy });
      assert.equal(pushy.code, 100);
    });
  }

  it('ends with 100 when the clocks differ, and says what to do about it', async () => {
    const result = await both(['job', 'list'], (server) => {
      server.clockAhead = 901_000;
    });
    assertSameError(result);
    assert.match(result.pushy.stderr, /clock/);
  });

  for (const status of [400, 409, 503]) {
    it(`ends with 100 on an answer ${status}`, async () => {
      const result = await both(['job', 'list'], (server) => {
        const answer = { status, body: { error: ['one', 'two'] } };
        server.canned.push({ method: 'GET', path: /jobs$/, answer });
      });
      assertSameError(result);
      assert.equal(result.pushy.code, 100);
    });
  }

  for (const args of [
    ['job', 'start', 'ok'],
    ['job', 'start', 'ok', 'a', '--file', 'missing.txt'],
    ['job', 'list', '-c', 'missing.rb'],
  ]) {
    it(`ends with 1 for ${args.join(' ')}`, async () => {
      const result = await both(args);
      assertSameError(result);
      assert.equal(result.pushy.code, 1);
    });
  }

  it('job start without a command prints its usage and ends with 1', async () => {
    const { knife, pushy } = await both(['job', 'start']);
    assert.deepEqual([pushy.code, pushy.stderr], [knife.code, knife.stderr]);
    assert.match(knife.stdout, /^USAGE: knife job start /);
    assert.match(pushy.stdout, /^USAGE: pushy job start /);
    assert.equal(pushy.code, 1);
  });

  for (const args of [
    ['job', 'start', 'ok', 'a', '--quorum', 'most'],
    ['job', 'output', 'abc1', 'a', '--channel', 'both'],
  ]) {
    it(`ends with 100 for ${args.join(' ')}`, async () => {
      const { knife, pushy } = await both(args);
      // Ruby's class name is no part of the message.
      const stderr = knife.stderr.replace('RuntimeError: ', '');
      assertSameError({ knife: { ...knife, stderr }, pushy });
      assert.equal(pushy.code, 100);
    });
  }

  it('ends with 10 for an unknown command', async () => {
    const { knife, pushy } = await both(['job', 'begin']);
    assert.equal(pushy.code, knife.code);
    assert.equal(pushy.code, 10);
  });

  it('ends with 1 for an unknown option', async () => {
    const { knife, pushy } = await both(['job', 'list', '--wrong']);
    assert.equal(pushy.code, knife.code);
    assert.match(pushy.stderr, /unknown option '--wrong'/);
  });

  // Own words from here on: knife's name Ruby classes and system calls.
  it('ends with 100 when no server listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}/organizations/acme`;
    const { knife, pushy } = await both(['job', 'list', '-s', url]);
    assert.deepEqual([pushy.code, pushy.stdout], [knife.code, knife.stdout]);
    assert.equal(pushy.code, 100);
    for (const { stderr } of [knife, pushy]) {
      assert.match(stderr, /^ERROR: Network Error: Connection refused/);
      assert.match(stderr, /\nCheck your knife configuration and network settings\n/);
      assert.ok(stderr.includes(`${url}/pushy/jobs`));
    }
  });

  for (const [title, key] of [
    ['is missing', 'missing.pem'],
    ['is not a key', 'junk.pem'],
  ] as const) {
    it(`ends with 100 when the key ${title}`, async () => {
      const { knife, pushy } = await both(['job', 'list', '-k', key]);
      assert.equal(pushy.code, knife.code);
      assert.equal(pushy.code, 100);
      assert.ok(pushy.stderr.includes(`HOME/${key}`));
      assert.ok(knife.stderr.includes(`HOME/${key}`));
    });
  }
});
