import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Signer } from 'mixlib-authentication-ts';
import { eventsIn, openFeed, shortly, type FeedConnection } from '../helpers/feed-reader.ts';
import { freePort } from '../helpers/free-port.ts';
import { sendSigned } from '../helpers/http.ts';
import { until } from '../helpers/until.ts';
import { startWireAgent, type Say, type WireAgent } from '../helpers/wire-agent.ts';
import { startNginx, type Nginx } from './harness/nginx.ts';
import { startPostgres } from './harness/postgres.ts';
import { startPushyServer, type PushyServer } from './harness/pushy-server.ts';
import { makeCli } from './harness/cli.ts';
import { useScene } from './harness/scene.ts';
import { startStandalone, type Standalone } from './harness/standalone.ts';

/** Milliseconds between two heartbeats. */
const interval = 1000;
const PATH = '/organizations/acme/pushy';
const STAMP = String.raw`"timestamp":"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}Z"`;

/** What a scripted agent does with a commit and with a run, by command. */
const scripts: Record<string, { commit: Turn; run?: Turn }> = {
  'never votes': { commit: () => Promise.resolve() },
  'refuses the run': {
    commit: (say) => say('ack_commit'),
    run: (say) => say('nack_run'),
  },
  'never answers the run': {
    commit: (say) => say('ack_commit'),
    run: () => Promise.resolve(),
  },
  'refuses the run late': {
    commit: (say) => say('ack_commit'),
    run: async (say) => {
      await say('ack_run');
      await say('nack_run');
    },
  },
};
type Turn = (say: (type: string) => Promise<void>, node: string) => Promise<void>;

describe('feeds through nginx, with agents of both kinds (REFERENCE 9)', () => {
  const scene = useScene('postgresql', 'nginx', 'workstation', 'reference agent');
  let stage: Standalone;
  let server: PushyServer;
  let nginx: Nginx;
  let ann: Signer;
  const scripted: WireAgent[] = [];
  const open: FeedConnection[] = [];
  let beats: NodeJS.Timeout;

  before('PostgreSQL, server, nginx, two agents and two scripted ones', async () => {
    const postgres = await startPostgres(scene);
    stage = await startStandalone(scene, {
      server: {
        heartbeat_interval: interval,
        database_url: await postgres.createDatabase('opscode_pushy'),
        voting_timeout: 10,
        keep_alive_time: 2,
        api_port: await freePort(),
        command_port: await freePort(),
        server_heartbeat_port: await freePort(),
      },
      nodes: ['ours', 'ruby'],
      whitelist: (node) => ({
        greet: 'echo hello',
        fail: 'false',
        wait: 'sleep 3',
        'wait long': 'sleep 15',
        ...(node === 'ours' ? { 'ours alone': 'true' } : {}),
      }),
    });
    server = stage.server;
    nginx = await startNginx(scene, { pushyPort: server.apiPort, chefPort: server.apiPort });
    const keys = await scene.subdir('more-keys');
    const keyOf = (name: string): string => join(keys, `${name}.pem`);
    await server.ctl('user-add', 'acme', 'ann', '--admin', '--key', keyOf('ann'));
    ann = { userId: 'ann', key: await readFile(keyOf('ann'), 'utf8') };
    for (const node of ['first', 'second']) {
      await server.ctl('node-add', 'acme', node, '--key', keyOf(node));
      scripted.push(await startScripted(node, await readFile(keyOf(node), 'utf8')));
    }
    beats = setInterval(() => {
      for (const agent of scripted) void agent.beat();
    }, interval);
    await Promise.all([stage.startAgent('ours'), stage.startAgent('ruby')]);
  });
  after(async () => {
    clearInterval(beats);
    for (const agent of scripted) await agent.close();
  });
  beforeEach('all nodes are available', () =>
    stage.watcher.available(['ours', 'ruby', 'first', 'second'], 60_000),
  );
  afterEach(() => {
    for (const feed of open.splice(0)) feed.close();
  });

  async function startScripted(node: string, key: string): Promise<WireAgent> {
    const commands = new Map<string, string>();
    const agent = await startWireAgent({
      port: server.apiPort,
      org: 'acme',
      node,
      key,
      output: '',
      play: async (message, say: Say) => {
        const job_id = message.job_id;
        if (message.type === 'commit') commands.set(job_id, message.command);
        const script = scripts[commands.get(job_id) ?? ''];
        const turn = message.type === 'commit' ? script?.commit : script?.run;
        await turn?.((type) => say(type, { job_id }), node);
      },
    });
    await agent.heartbeat();
    return agent;
  }

  /** Starts a job through nginx; answers its id. */
  async function start(
    command: string,
    nodes: readonly string[],
    more: object = {},
  ): Promise<string> {
    const { status, body } = await sendSigned(ann, {
      port: nginx.port,
      method: 'POST',
      path: `${PATH}/jobs`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ command, nodes, ...more }),
    });
    assert.equal(status, 201, body);
    return (JSON.parse(body) as { uri: string }).uri.slice(-32);
  }

  async function follow(id: string, headers: Record<string, string> = {}): Promise<FeedConnection> {
    const path = `${PATH}/job_status_feed${id === '' ? '' : `/${id}`}`;
    const feed = await openFeed(ann, { port: nginx.port, path, headers });
    assert.equal(feed.status, 200);
    open.push(feed);
    return feed;
  }

  function assertGrows(text: string): void {
    const events = eventsIn(text);
    const stamps = events.map(({ timestamp }) => timestamp);
    assert.deepEqual(stamps, [...new Set(stamps)].toSorted());
    assert.deepEqual(
      events.map(({ id }) => id),
      events.map((_, index) => `job-${index + 1}`),
    );
  }

  const OK = ['quorum_vote(N success)', 'quorum_succeeded', 'run_start(N)'];
  const sequences: readonly (readonly [
    title: string,
    command: string,
    nodes: readonly string[],
    events: readonly string[],
    more?: object,
  ])[] = [
    [
      'node nonexistent',
      'greet',
      ['ghost'],
      ['quorum_vote(N down)', 'rehab(N)', 'job_complete(quorum_failed)'],
    ],
    ...['ours', 'ruby'].flatMap((node) => [
      [
        `ok (${node})`,
        'greet',
        [node],
        [...OK, 'run_complete(N success)', 'job_complete(complete)'],
      ] as const,
      [
        `command fails (${node})`,
        'fail',
        [node],
        [...OK, 'run_complete(N failure)', 'job_complete(complete)'],
      ] as const,
      [
        `nack (${node})`,
        'unknown',
        [node],
        ['quorum_vote(N failure)', 'job_complete(quorum_failed)'],
      ] as const,
    ]),
    [
      'never votes',
      'never votes',
      ['first'],
      ['quorum_vote(N voting_timeout)', 'job_complete(quorum_failed)'],
    ],
    [
      'nack_run after commit',
      'refuses the run',
      ['first'],
      [
        'quorum_vote(N success)',
        'quorum_succeeded',
        'rehab(N)',
        'run_complete(N run_nacked)',
        'job_complete(complete)',
      ],
    ],
    [
      'never answers run',
      'never answers the run',
      ['first'],
      ['quorum_vote(N success)', 'quorum_succeeded', 'job_complete(timed_out)'],
      { run_timeout: 1 },
    ],
    [
      'ack_run then nack_run',
      'refuses the run late',
      ['first'],
      [...OK, 'rehab(N)', 'run_complete(N run_nacked_while_running)', 'job_complete(complete)'],
    ],
  ];
  for (const [title, command, nodes, events, more] of sequences) {
    it(`9.1 ${title}`, async () => {
      const feed = await follow(await start(command, nodes, more));
      const text = await feed.ended();
      const [node = ''] = nodes;
      assert.deepEqual(shortly(text), [
        'start',
        ...events.map((event) => event.replace('N', node)),
      ]);
      assertGrows(text);
    });
  }

  for (const [quorum, end] of [
    [2, ['job_complete(quorum_failed)']],
    [
      1,
      [
        'quorum_succeeded',
        'run_start(ours)',
        'run_complete(ours success)',
        'job_complete(complete)',
      ],
    ],
  ] as const) {
    it(`9.1 two nodes, one nacks, quorum ${quorum}`, async () => {
      const text = await (
        await follow(await start('ours alone', ['ours', 'ruby'], { quorum }))
      ).ended();
      const [first, ...events] = shortly(text);
      assert.equal(first, 'start');
      assert.deepEqual(events.slice(0, 2).toSorted(), [
        'quorum_vote(ours success)',
        'quorum_vote(ruby failure)',
      ]);
      assert.deepEqual(events.slice(2), end);
      assertGrows(text);
    });
  }

  it('9.1 the first of two sends ack_commit then nack_run while the second is still voting', async () => {
    let acks = (): void => undefined;
    const withdrawn = new Promise<void>((resolve) => (acks = resolve));
    scripts['withdraws'] = {
      commit: async (say, node) => {
        if (node === 'second') await withdrawn;
        await say('ack_commit');
        if (node === 'first') await say('nack_run');
      },
    };
    const feed = await follow(await start('withdraws', ['first', 'second']));
    await feed.until(/event: rehab\n/);
    acks();
    assert.deepEqual(shortly(await feed.ended()), [
      'start',
      'quorum_vote(first success)',
      'rehab(first)',
      'quorum_vote(second success)',
      'job_complete(quorum_failed)',
    ]);
  });

  it('9 exact bytes, live, with keepalives, and the same again for who comes late or comes again', async () => {
    const id = await start('wait', ['ours'], {
      quorum: 1,
      run_timeout: 60,
      user: 'root',
      dir: '/tmp',
      env: { NAME: 'wért' },
      file: 'raw:x',
      capture_output: true,
    });
    const feed = await follow(id);
    assert.equal(feed.headers['content-type'], 'text/event-stream');
    const early = await feed.until(/event: run_start\n[^]*\n\n/);
    assert.doesNotMatch(early, /run_complete/);
    const text = await feed.ended();
    const block = (name: string, number: number, members: string): string =>
      `event: ${name}\nid: job-${number}\ndata: {${STAMP}${members}}\n\n`;
    const start_ =
      ',"command":"wait","run_timeout":60,"quorum":1,"node_count":1,"user":"ann","job_user":"root","dir":"/tmp","env":{"NAME":"wért"},"file_specified":true,"capture":true';
    const body = [
      block('start', 1, start_),
      block('quorum_vote', 2, ',"node":"ours","status":"success"'),
      block('quorum_succeeded', 3, ''),
      block('run_start', 4, ',"node":"ours"'),
      '(:keepalive\n)+',
      block('run_complete', 5, ',"node":"ours","status":"success"'),
      block('job_complete', 6, ',"status":"complete"'),
    ];
    assert.match(text, new RegExp(`^${body.join('')}$`));
    const events = text.replace(/:keepalive\n/g, '');
    assert.equal(await (await follow(id)).ended(), events);
    const from = events.indexOf('event: run_start');
    assert.equal(
      await (await follow(id, { 'Last-Event-ID': 'job-3' })).ended(),
      events.slice(from),
    );
    // wait_complete_time later it is told in one event.
    const summary = await until(
      'the job to leave memory',
      async () => (await follow(id)).ended(),
      (all) => (all.includes('summary') ? all : undefined),
    );
    const shown = await sendSigned(ann, { port: nginx.port, path: `${PATH}/jobs/${id}` });
    const data = shown.body.slice(1);
    const escaped = data.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    assert.match(
      summary,
      new RegExp(`^event: summary\nid: job-1\ndata: \\{${STAMP},${escaped}\n\n$`),
    );
  });

  it('pushy job start hears of its job: two looks and one feed, however long it takes', async () => {
    const keys = await scene.subdir('cli-keys');
    await server.ctl('user-add', 'acme', 'carl', '--admin', '--key', join(keys, 'carl.pem'));
    const url = `${nginx.url}/organizations/acme`;
    const pushy = await makeCli(scene, { url, user: 'carl', key: join(keys, 'carl.pem') });
    const out = await pushy.ok(['job', 'start', 'wait', 'ours', 'ruby']);
    assert.match(out, /Complete\.\n/);
    const id = /Job ID: ([0-9a-f]{32})/.exec(out)?.[1] ?? '';
    const log = await readFile(nginx.accessLog, 'utf8');
    const count = (path: string): number => log.split(`GET ${PATH}/${path}/${id} `).length - 1;
    assert.deepEqual([count('jobs'), count('job_status_feed')], [2, 1]);
    assert.match(await pushy.ok(['job', 'follow', id]), /^\.Complete\.\n/);
  });

  it('Decision 1 Last-Event-ID is exact over kill -9: the feed of a job in flight goes on', async () => {
    const nodes = ['ours', 'ruby'];
    const id = await start('wait long', nodes);
    const before = await (await follow(id)).until(/(event: run_start\n[^]*){2}\n\n$/);
    const last = eventsIn(before).at(-1)!;
    server.program.signal('SIGKILL');
    await server.program.exited;
    server = await startPushyServer(scene, stage.home);
    const after = await (await follow(id, { 'Last-Event-ID': last.id })).ended();
    const ends = shortly(after);
    assert.deepEqual(
      ends.slice(0, -1).toSorted(),
      nodes.map((node) => `run_complete(${node} success)`),
    );
    assert.equal(ends.at(-1), 'job_complete(complete)');
    const whole = await (await follow(id)).ended();
    assertGrows(whole);
    assert.equal(whole.replace(/:keepalive\n/g, ''), (before + after).replace(/:keepalive\n/g, ''));
  });

  it('9.2 a restart: readers are told to come again, ids and times go on, nothing is missed', async () => {
    const before = await follow('', { 'last-event-id': 'none' });
    const id = await start('ours alone', ['ours']);
    await before.until(
      new RegExp(`event: job_complete\nid: org-\\d+\ndata: {${STAMP},"job":"${id}"`),
    );
    server.program.signal('SIGTERM');
    const text = await before.ended();
    assert.match(text, /: the server is stopping, connect again\nretry: \d+\n\n$/);
    await server.program.exited;
    server = await startPushyServer(scene, stage.home);
    await stage.watcher.available(['ours'], 60_000);
    const last = eventsIn(text).at(-1)!;
    const again = await follow('', { 'Last-Event-ID': last.id });
    const next = await start('ours alone', ['ours']);
    const events = eventsIn(await again.until(/event: job_complete\n[^]*\n\n/));
    const number = Number(last.id.slice(4));
    assert.deepEqual(
      events.map(({ id: place, name, data }) => [place, name, data['job']]),
      [
        [`org-${number + 1}`, 'start', next],
        [`org-${number + 2}`, 'job_complete', next],
      ],
    );
    assert.ok(events[0]!.timestamp > last.timestamp);
  });
});
