import assert from 'node:assert/strict';
import { Subscriber } from 'zeromq';
import { freePort } from '../helpers/free-port.ts';
import type { Exit, Program } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';
import { configFetches } from './harness/log-lines.ts';
import { normalise } from './harness/normalise.ts';
import { startPushyServer, type PushyServer } from './harness/pushy-server.ts';
import { useScene } from './harness/scene.ts';
import { startStandalone, type Standalone } from './harness/standalone.ts';

/** Milliseconds between two heartbeats: long enough that a restart is over before the reference agent gives up. */
const interval = 2000;
/** Milliseconds, Decision 9. */
const healing = 5 * interval;
const nodes = ['ours', 'ruby'];
/** In the log of our agent. */
const givingUp = 'no broadcast of the server';

const succeeded = (command: string): string => `command:     ${command}
created_at:  <DATE>
env:
id:          <ID>
nodes:
  succeeded:
    ours
    ruby
run_timeout: 3600
status:      complete
updated_at:  <DATE>
`;
const running = succeeded('wait').replace('succeeded', 'running').replace('complete', 'running');

/** Resolves when the server has sent so many broadcasts more. */
async function broadcasts({ heartbeatPort }: PushyServer, count: number): Promise<void> {
  const socket = new Subscriber({ linger: 0, receiveTimeout: 5 * interval });
  socket.connect(`tcp://127.0.0.1:${heartbeatPort}`);
  socket.subscribe();
  try {
    for (let heard = 0; heard < count; heard++) await socket.receive();
  } finally {
    socket.close();
  }
}

describe('a restart of the server (REFERENCE 11, Decisions 9 and 12)', () => {
  const scene = useScene('workstation', 'reference agent');
  let stage: Standalone;
  let server: PushyServer;
  let ours: Program;

  before('a server and an agent of each kind', async () => {
    stage = await startStandalone(scene, {
      server: {
        heartbeat_interval: interval,
        // The same after a restart.
        api_port: await freePort(),
        command_port: await freePort(),
        server_heartbeat_port: await freePort(),
      },
      nodes,
      whitelist: () => ({ greet: 'echo hello', wait: 'sleep 10' }),
    });
    server = stage.server;
    [ours] = await Promise.all([stage.startAgent('ours'), stage.startAgent('ruby')]);
  });
  beforeEach('all nodes are available', settled);

  /**
   * All nodes are available, and none is about to lose patience with the server: a commit to sockets that are being
   * closed would be lost. What two broadcasts could reach, they reached.
   */
  async function settled(): Promise<void> {
    // A reference agent that had to open its sockets anew while it runs a job is deaf until that job has ended.
    await stage.watcher.available(nodes, 60_000);
    await broadcasts(server, 2);
    const opinion = /.*(no broadcast of the server|the server is back|configuration received)/s;
    await until(
      'our agent to count on the server again',
      () => opinion.exec(ours.output())?.[1],
      (last) => (last === givingUp ? undefined : true),
    );
  }

  /** How often our agent closed its sockets because the server was silent. */
  function givenUp(): number {
    return ours.output().split(givingUp).length - 1;
  }

  async function stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    server.program.signal(signal);
    const expected: Exit =
      signal === 'SIGTERM' ? { code: 0, signal: null } : { code: null, signal };
    assert.deepEqual(await server.program.exited, expected);
  }

  async function start(): Promise<void> {
    const { incarnationId } = server;
    server = await startPushyServer(scene, stage.home);
    assert.equal(server.incarnationId, incarnationId);
  }

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`${signal}: idle nodes of both kinds are available within five intervals`, async () => {
      await stop(signal);
      await start();
      await stage.watcher.available(nodes, healing);
      // The server kept its keys and theirs: there was nothing to ask.
      assert.equal(configFetches(server.program, 'ours'), 0);
    });
  }

  for (const [signal, starter] of [
    ['SIGTERM', 'knife'],
    ['SIGKILL', 'pushy'],
  ] as const) {
    it(`${signal}: Decision 3 a job in flight goes on and ends complete, and a new one runs`, async () => {
      const started = await stage[starter].ok(['job', 'start', '--nowait', 'wait', ...nodes]);
      const id = started.trim().slice(-32);
      assert.equal((await stage.watcher.running(nodes)).id, id);
      await stop(signal);
      await start();
      for (const workstation of [stage.knife, stage.pushy]) {
        assert.equal(normalise(await workstation.ok(['job', 'status', id])), running);
      }
      await stage.watcher.ended(id, 60_000);
      for (const workstation of [stage.knife, stage.pushy]) {
        assert.equal(normalise(await workstation.ok(['job', 'status', id])), succeeded('wait'));
      }
      await settled();
      const next = await stage[starter].ok(['job', 'start', 'greet', ...nodes]);
      assert.equal(normalise(next).slice(-succeeded('greet').length), succeeded('greet'));
    });
  }

  it('our agent comes back as quickly after a long absence of the server', async () => {
    const before = givenUp();
    await stop('SIGTERM');
    await until('our agent to give the server up', givenUp, (n) => (n > before ? n : undefined));
    await start();
    await stage.watcher.available(['ours'], healing);
  });
});
