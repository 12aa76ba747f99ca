import assert from 'node:assert/strict';
import { systemClock } from '../../../knife-bridge/src/clock.ts';
import { makeCliWorld, type CliWorld } from '../../helpers/cli-world.ts';

const ESC = '\u001B';

describe('pushy', () => {
  let world: CliWorld;
  before(async () => {
    world = await makeCliWorld();
  });
  after(() => world.close());
  beforeEach(() => {
    world.server.reset();
    world.server.nodeStates = [];
    world.configure();
  });
  const bodies = (): unknown[] =>
    world.server.seen.filter(({ method }) => method === 'POST').map(({ body }) => body);

  it('shows help with examples and ends with 0', async () => {
    for (const args of [['--help'], ['job', 'start', '--help'], ['job', 'output', '-h']]) {
      const { code, out, err } = await world.run(args);
      assert.deepEqual([code, err], [0, '']);
      assert.match(out, /^Usage: pushy /);
      assert.match(out, /Examples:\n/);
    }
    assert.deepEqual(await world.run(['-v']), { code: 0, out: 'pushy 9.9.9\n', err: '' });
  });

  it('ends with 1 for no command at all, with help', async () => {
    const { code, err } = await world.run([]);
    assert.equal(code, 1);
    assert.match(err, /^Usage: pushy/);
  });

  it('ends with 10 for an unknown command and offers a near one', async () => {
    const { code, err } = await world.run(['job', 'stat']);
    assert.equal(code, 10);
    assert.match(err, /^ERROR: unknown command 'stat'\n\(Did you mean .*start/);
  });

  it('asks for what is missing, with the usage', async () => {
    for (const [args, words] of [
      [['job', 'start'], 'No job specified.'],
      [['job', 'start', ''], 'No job specified.'],
      [['job', 'status'], 'No job id specified.'],
      [['job', 'stop'], 'No job id specified.'],
      [['job', 'delete'], 'No job id specified.'],
      [['job', 'output'], 'No job id specified.'],
      [['job', 'output', 'id'], 'No node specified.'],
    ] as const) {
      const { code, out, err } = await world.run([...args]);
      assert.deepEqual([code, err], [1, `ERROR: ${words}\n`]);
      assert.match(out, /^USAGE: pushy job /);
    }
  });

  it('takes the options of a job from knife[:…], and the command line before them', async () => {
    world.write('f.txt', 'file body');
    world.configure(
      'knife[:quorum] = "50%"',
      'knife[:run_timeout] = 60',
      'knife[:capture_output] = true',
      `knife[:with_env] = '{"A":"1"}'`,
      "knife[:as_user] = 'daemon'",
      "knife[:in_dir] = '/srv'",
      "knife[:send_file] = 'f.txt'",
      "knife[:format] = 'json'",
      'knife[:nowait] = false',
    );
    const { code, out } = await world.run(['job', 'start', 'c', 'a', 'b', '--quorum', '2']);
    assert.equal(code, 0);
    assert.match(out, /^Started. {2}Job ID: [0-9a-f]{32}\n\.Complete\.\n\{\n {2}"nodes"/);
    assert.deepEqual(bodies(), [
      {
        command: 'c',
        nodes: ['a', 'b'],
        quorum: 2,
        file: 'raw:file body',
        capture_output: true,
        env: { A: '1' },
        dir: '/srv',
        user: 'daemon',
        run_timeout: 60,
      },
    ]);
  });

  it('takes search and nowait from knife[:…] too', async () => {
    world.server.searches.set('role:web', ['a']);
    world.configure("knife[:search] = 'role:web'", 'knife[:nowait] = true');
    const { code, out } = await world.run(['job', 'start', 'c']);
    assert.deepEqual([code, out.split('\n').length], [0, 2]);
  });

  it('sends a node once that was named twice', async () => {
    await world.run(['job', 'start', 'c', 'a', 'a', 'b']);
    const [body] = bodies() as [{ nodes: string[]; quorum: number }];
    assert.deepEqual([body.nodes, body.quorum], [['a', 'b'], 2]);
  });

  it('tells the first reason too when a server of the 2.x line answered 400', async () => {
    const { code, err } = await (() => {
      const error = 'invalid file contents';
      world.server.canned.push({
        method: 'POST',
        path: /jobs/,
        answer: { status: 400, body: { error } },
      });
      return world.run(['job', 'start', 'c', 'a', '--with-env', '{"A":"1"}']);
    })();
    assert.equal(code, 1);
    assert.match(
      err,
      /WARNING: Falling back.*\nERROR: Sending Environment.*\n.*invalid file contents/,
    );
  });

  it('says it when a connection breaks on the way to the 1.x line', async () => {
    world.server.canned.push(
      { method: 'POST', path: /jobs/, answer: { status: 400, body: { error: 'x' } } },
      { method: 'POST', path: /jobs/, answer: { status: 0, hangUp: true } },
    );
    const { code, err } = await world.run(['job', 'start', 'c', 'a']);
    assert.equal(code, 100);
    assert.match(err, /ERROR: Network Error: Connection closed/);
  });

  for (const [title, body] of [
    ['no uri', { id: 'x' }],
    ['a short uri', { uri: 'x' }],
    ['no object', 7],
  ] as const) {
    it(`says that the server took the job but did not name it: ${title}`, async () => {
      world.server.canned.push({ method: 'POST', path: /jobs/, answer: { status: 201, body } });
      const { code, err } = await world.run(['job', 'start', 'c', 'a']);
      assert.equal(code, 100);
      assert.match(err, /names no job\n`pushy job list`/);
    });
  }

  for (const body of [
    'x',
    { status: 'new' },
    { status: 'new', nodes: { new: 'a' } },
    { nodes: {} },
  ]) {
    it(`refuses a job that is none: ${JSON.stringify(body)}`, async () => {
      world.server.canned.push({
        method: 'GET',
        path: /jobs/,
        answer: { status: 200, body: JSON.stringify(body) },
      });
      const { code, out, err } = await world.run(['job', 'start', 'c', 'a']);
      assert.equal(code, 100);
      assert.match(out, /^Started/);
      assert.match(err, /^The job goes on without this command.*\nERROR: .*not a job\n/);
    });
  }

  it('refuses an interval that is no number', async () => {
    const { code, err } = await world.run(['job', 'start', 'c', 'a', '--poll-interval', 'often']);
    assert.equal(code, 1);
    assert.match(err, /--poll-interval is not a number of seconds: often/);
    assert.deepEqual(world.server.seen, []);
  });

  it('hears of the job from its feed where nobody chose an interval', async () => {
    world.configure('knife[:poll_interval] = nil');
    world.server.canned.push({
      method: 'GET',
      path: /job_status_feed/,
      answer: {
        status: 200,
        contentType: 'text/event-stream',
        body: 'event: job_complete\nid: job-7\ndata: {"status":"complete"}\n\n',
      },
    });
    world.server.plans.set('c', [
      { status: 'running', nodes: { running: ['a'] } },
      { status: 'complete', nodes: { succeeded: ['a'] } },
    ]);
    const { code, out } = await world.run(['job', 'start', 'c', 'a']);
    assert.equal(code, 0);
    assert.match(out, /^Started. {2}Job ID: [0-9a-f]{32}\n\.Complete\.\n/);
    const [post, look, feed, last, ...more] = world.server.seen;
    assert.deepEqual([post?.method, look?.path, more], ['POST', last?.path, []]);
    assert.equal(feed?.path, last?.path.replace('/jobs/', '/job_status_feed/'));
    assert.equal(feed?.headers.accept, 'text/event-stream');
  });

  it('job follow waits for a job that somebody has started', async () => {
    world.server.addJob({ id: 'abc', command: 'c', status: 'complete', nodes: { failed: ['a'] } });
    const { code, out } = await world.run(['job', 'follow', 'abc']);
    assert.deepEqual([code, out.split('\n')[0]], [1, '.Complete.']);
    const nobody = await world.run(['job', 'follow']);
    assert.match(nobody.out, /USAGE: pushy job follow/);
    assert.match(nobody.err, /No job id specified\./);
    const gone = await world.run(['job', 'follow', 'none', '--poll-interval', '0']);
    assert.equal(gone.code, 100);
    assert.doesNotMatch(gone.err, /goes on/);
  });

  it('keeps one line up to date for a person, and tells what refusals mean', async () => {
    world.server.plans.set('mixed', [
      { status: 'voting', nodes: { new: ['a', 'b'] } },
      { status: 'complete', nodes: { nacked: ['a'], failed: ['b'] } },
    ]);
    const { code, out, err } = await world.run(['job', 'start', 'mixed', 'a', 'b'], { tty: true });
    assert.equal(code, 1);
    assert.ok(out.includes(`\r${ESC}[KVoting: 2 new (`), out);
    assert.ok(out.includes(`\r${ESC}[KComplete.\n${ESC}[36mcommand:`), out);
    assert.match(err, /a refused the job: .*whitelist/);
    assert.match(err, /--capture/);
  });

  it('paints nothing with --no-color, NO_COLOR or knife[:color] = false', async () => {
    const job = { id: 'j', status: 'complete', nodes: { succeeded: ['a'] } };
    const show = async (...more: string[]): Promise<string> => {
      world.server.addJob(job);
      return (await world.run(['job', 'status', 'j', ...more], { tty: true })).out;
    };
    const painted = async (...more: string[]): Promise<boolean> =>
      (await show(...more)).includes(ESC);
    assert.equal(await painted(), true);
    assert.equal(await painted('--no-color'), false);
    world.env['NO_COLOR'] = '1';
    assert.equal(await painted(), false);
    assert.equal(await painted('--color'), true);
    delete world.env['NO_COLOR'];
    world.configure('knife[:color] = false');
    assert.equal(await painted(), false);
    const { err } = await world.run(['job', 'status'], { tty: true });
    assert.equal(err, '\u001B[31;1mERROR:\u001B[0m No job id specified.\n');
    const bare = await world.run(['job', 'status', '--no-color'], { tty: true });
    assert.equal(bare.err, 'ERROR: No job id specified.\n');
  });

  it('prints output byte for byte, of several nodes below their names', async () => {
    world.server.addJob({ id: 'j', status: 'complete', nodes: {} });
    world.server.outputs.set('j/a/stdout', Buffer.from([0xff, 0, 10]));
    world.server.outputs.set('j/b/stdout', Buffer.from('bb'));
    assert.equal((await world.run(['job', 'output', 'j', 'a'])).out, '\xff\0\n\n');
    assert.equal(
      (await world.run(['job', 'output', 'j', 'a', 'b'])).out,
      '==> a <==\n\xff\0\n\n\n==> b <==\nbb\n',
    );
    world.server.canned.push({
      method: 'GET',
      path: /output/,
      answer: { status: 403, body: { error: ['no'] } },
    });
    assert.match(
      (await world.run(['job', 'output', 'j', 'a'])).err,
      /not authorized.*\n.*no\n.*pushy_job_writers.*\n.*pushy_job_readers/,
    );
  });

  it('says why there is no output, by one look at the job', async () => {
    const said = async (id: string, node: string): Promise<string | undefined> => {
      const { code, err } = await world.run(['job', 'output', id, node]);
      assert.equal(code, 100);
      assert.match(err, /^ERROR: .* could not be found\nResponse: .*\n/);
      return err.split('\n').slice(2).join('\n');
    };
    const nodes = { running: ['r'], succeeded: ['s'], nacked: ['n'] };
    world.server.addJob({ id: 'kept', status: 'running', capture_output: true, nodes });
    world.server.addJob({ id: 'bare', status: 'complete', nodes: { succeeded: ['s'] } });
    for (const [id, node, why] of [
      ['none', 's', 'There is no job none: `pushy job list` shows those that are kept.\n'],
      ['kept', 'x', 'x is not a node of this job.\n'],
      ['kept', 'r', 'The job is not over on r (running): output comes at its end.\n'],
      ['kept', 'n', 'n did not run the command (nacked).\n'],
      ['kept', 's', 's ended (succeeded), and no stdout of it came to the server.\n'],
      ['bare', 's', 'The job was started without --capture: nothing of its output is kept.\n'],
    ] as const)
      assert.equal(await said(id, node), why);
    const answer = { status: 403, body: { error: ['no'] } };
    world.server.canned.push({ method: 'GET', path: /jobs\/kept$/, answer });
    assert.match((await said('kept', 's')) ?? '', /^No stdout of s is kept for this job: was it /);
  });

  it('node status takes names and queries', async () => {
    world.server.nodeStates = [
      { node_name: 'web01', availability: 'available' },
      { node_name: 'web02', availability: 'unavailable' },
    ];
    const json = await world.run(['node', 'status', '-F', 'json']);
    assert.deepEqual(JSON.parse(json.out), world.server.nodeStates);
    world.server.searches.set('role:web', ['web02', 'web01']);
    assert.equal(
      (await world.run(['node', 'status', 'db01', 'role:web'])).out,
      'db01\tunavailable\nweb02\tunavailable\nweb01\tavailable\n',
    );
    const bad = await world.run(['node', 'status', 'role:[']);
    assert.deepEqual(
      [bad.code, bad.err.split('\n')[0]],
      [100, "ERROR: search failed: invalid search query: 'role:['"],
    );
    world.server.canned.push({
      method: 'GET',
      path: /states/,
      answer: { status: 200, body: { a: 1 } },
    });
    assert.match((await world.run(['node', 'status'])).err, /not a list of nodes/);
    world.server.canned.push({
      method: 'GET',
      path: /states/,
      answer: { status: 200, body: ['x'] },
    });
    assert.equal((await world.run(['node', 'status'])).out, '\t\n');
  });

  it('node status --detail shows the whole organization, or the nodes that are named', async () => {
    const every = {
      method: 'GET',
      path: /node_states\?detail=true$/,
      answer: {
        status: 200,
        body: [
          { node_name: 'db1', status: 'offline', availability: 'unavailable' },
          {
            node_name: 'web1',
            status: 'online',
            availability: 'available',
            online_since: 'Tue, 04 Sep 2012 23:01:02 GMT',
            last_heartbeat_at: 'Tue, 04 Sep 2012 23:17:56 GMT',
            job_state: 'running',
            job_id: 'abc',
          },
        ],
      },
    };
    const web1 = 'web1\tavailable\tonline\tTue, 04 Sep 2012 23:17:56 GMT\trunning abc\n';
    world.server.canned.push(every);
    assert.deepEqual(await world.run(['node', 'status', '--detail']), {
      code: 0,
      out: `db1\tunavailable\toffline\tnever heard\n${web1}`,
      err: '',
    });
    world.server.canned.push(every);
    const named = await world.run(['node', 'status', '--detail', 'web1', 'other']);
    assert.equal(named.out, `${web1}other\tunavailable\toffline\tnever heard\n`);
    world.server.canned.push(every);
    const json = await world.run(['node', 'status', '--detail', 'db1', '-F', 'json']);
    assert.deepEqual(JSON.parse(json.out), [every.answer.body[0]]);
  });

  it('job list asks for the jobs that its options choose', async () => {
    const { code, out } = await world.run([
      ...['job', 'list', '--limit', '2', '--after', 'abc', '--status', 'running', '--detail'],
      ...['--command', 'a b', '--requester', 'bob', '--node', 'web1'],
    ]);
    assert.deepEqual([code, out], [0, '\n']);
    assert.equal(
      world.server.seen.at(-1)?.path,
      '/organizations/acme/pushy/jobs?limit=2&after=abc&status=running&command=a%20b&requester=bob&node=web1&detail=true',
    );
    await world.run(['job', 'list']);
    assert.equal(world.server.seen.at(-1)?.path, '/organizations/acme/pushy/jobs');
    for (const [option, value, words] of [
      ['--limit', '0', '--limit is not a number from 1 to 10000: 0'],
      ['--limit', 'x', '--limit is not a number from 1 to 10000: x'],
      ['--status', 'done', /^ERROR: --status is none of voting, running, .*: done\n$/],
    ] as const) {
      const refused = await world.run(['job', 'list', option, value]);
      assert.equal(refused.code, 1);
      if (typeof words === 'string') assert.equal(refused.err, `ERROR: ${words}\n`);
      else assert.match(refused.err, words);
    }
  });

  it('Decision 8: job stop stops a job, or the nodes that are named', async () => {
    const stop = {
      method: 'POST',
      path: /jobs\/abc\/stop$/,
      answer: { status: 202, body: { id: 'abc', status: 'running', nodes: {} } },
    };
    world.server.canned.push(stop, stop);
    assert.deepEqual(await world.run(['job', 'stop', 'abc']), {
      code: 0,
      out: 'Stopping.  Job ID: abc\n',
      err: '',
    });
    const some = await world.run(['job', 'stop', 'abc', 'web1', 'web2', 'web1'], { tty: true });
    assert.deepEqual(some, {
      code: 0,
      out: 'Stopping web1, web2.  Job ID: abc\n',
      err: 'See it end: pushy job status abc\n',
    });
    assert.deepEqual(bodies(), [{}, { nodes: ['web1', 'web2'] }]);
  });

  it('Decision 8: job delete removes a job', async () => {
    const answer = { status: 200, body: { id: 'abc', deleted: true } };
    world.server.canned.push({ method: 'POST', path: /jobs\/abc\/delete$/, answer });
    assert.deepEqual(await world.run(['job', 'delete', 'abc']), {
      code: 0,
      out: 'Deleted.  Job ID: abc\n',
      err: '',
    });
  });

  it('Decision 8: job stop and delete end with 100 and say why they were refused', async () => {
    const body = { error: ["job 'abc' is in flight: stop it first."] };
    world.server.canned.push({ method: 'POST', path: /delete$/, answer: { status: 409, body } });
    const conflict = await world.run(['job', 'delete', 'abc']);
    assert.equal(conflict.code, 100);
    assert.equal(
      conflict.err,
      "ERROR: Conflict\nResponse: job 'abc' is in flight: stop it first.\n",
    );
    world.server.canned.push({ method: 'POST', path: /stop$/, answer: { status: 404 } });
    const missing = await world.run(['job', 'stop', 'abc']);
    assert.equal(missing.code, 100);
    assert.match(missing.err, /There is no such job, or the server cannot do this/);
  });

  it('says that a server without a Chef server has no search', async () => {
    const path = /search/;
    for (const status of [404, 403]) {
      world.server.canned.push({ method: 'POST', path, answer: { status, body: { error: 'x' } } });
    }
    const { code, err } = await world.run(['job', 'start', 'c', '-s', 'role:web']);
    assert.equal(code, 100);
    assert.match(err, /could not be found\nResponse: x\nThis server has no node search/);
    assert.doesNotMatch((await world.run(['node', 'status', 'role:web'])).err, /no node search/);
  });

  it('says with -V which files and requests it uses', async () => {
    const { err } = await world.run(['job', 'list', '-V']);
    assert.match(err, /^INFO: Using configuration from .*config\.rb\nINFO: GET http.* -> 200 /);
  });

  it('says that it tries again', async () => {
    world.configure('http_retry_count 1', 'http_retry_delay 0');
    world.server.canned.push({ method: 'GET', path: /jobs/, answer: { status: 500 } });
    const { code, err } = await world.run(['job', 'list']);
    assert.equal(code, 0);
    assert.match(err, /^WARN: Server returned error 500 for .*, retrying 1\/1\n$/);
  });

  it('takes options of knife that change nothing here', async () => {
    const { code } = await world.run([
      'job',
      'list',
      '-y',
      '--defaults',
      '-d',
      '-e',
      'vi',
      '-E',
      'prod',
      '--print-after',
    ]);
    assert.equal(code, 0);
  });

  it('shows an error of the configuration as one', async () => {
    world.write('.chef/config.rb', 'node_name = = 2\n');
    const { code, err } = await world.run(['job', 'list']);
    assert.equal(code, 1);
    assert.match(
      err,
      /^ERROR: CONFIGURATION ERROR:You have an error in your config file .*\n {7}\/.*config\.rb:1: /,
    );
  });

  it('shows a bug of its own with its place', async () => {
    const clock = { ...systemClock, now: (): number => assert.fail('a bug') };
    const { code, err } = await world.run(['job', 'list'], { clock });
    assert.equal(code, 100);
    assert.match(err, /^ERROR: a bug\n(?:.*\n)*.*cli\.test\.ts/);
  });

  for (const [name, reason, code] of [
    ['Ctrl-C', 2, 2],
    ['TERM', 1, 1],
    ['an unknown reason', 'x', 2],
  ] as const) {
    it(`stops waiting on ${name}, ends with ${code} and says that the job goes on`, async () => {
      world.server.plans.set('long', [{ status: 'running', nodes: { running: ['a'] } }]);
      const stop = new AbortController();
      const result = await world.run(['job', 'start', 'long', 'a'], {
        signal: stop.signal,
        onOut(text) {
          if (text.includes('Running')) stop.abort(reason);
        },
      });
      assert.equal(result.code, code);
      const id = /Job ID: (\w+)/.exec(result.out)?.[1];
      assert.equal(
        result.err,
        `The job goes on without this command. See it with: pushy job status ${String(id)}\n`,
      );
    });
  }
});
