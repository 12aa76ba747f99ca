import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../client/src/clock.ts';
import { startAgent, type AgentUnderTest } from '../helpers/agent-under-test.ts';
import {
  startScriptedServer,
  type ScriptedServer,
  type ScriptedServerOptions,
} from '../helpers/scripted-server.ts';
import { makeTempDir } from '../helpers/temp-dir.ts';

const A = 'a'.repeat(32);
const B = 'b'.repeat(32);
/** Seconds: what the least deadlines of the sockets are made for. */
const interval = 1;
/** Milliseconds: three times what is promised, for the machine may be busy with other work. */
const bound = 3 * 5 * interval * 1000;

let dir: string;
let removeDir: () => Promise<void>;
let server: ScriptedServer;
let agent: AgentUnderTest;

/** One agent and its server for each test. */
function onStage(): void {
  beforeEach(async () => {
    [dir, removeDir] = await makeTempDir();
  });
  afterEach(async () => {
    await agent.stop();
    await server.close();
    await removeDir();
  });
}

describe('an agent that lost its server (Decision 9)', function () {
  this.timeout(40_000);
  onStage();

  async function startAvailable(
    options: ScriptedServerOptions = {},
    lines: readonly string[] = [],
    clock?: Clock,
  ): Promise<void> {
    server = await startScriptedServer({ interval, ...options });
    const whitelist = "whitelist({ 'long' => 'until [ -e go ]; do sleep 0.05; done' })";
    agent = await startAgent(server, dir, [whitelist, ...lines], clock);
    await server.welcome();
  }

  /** Milliseconds until the node is what a server calls available: it beats, and answers. */
  async function comesBack(): Promise<number> {
    const began = performance.now();
    server.said.length = 0;
    await server.welcome();
    return performance.now() - began;
  }

  async function goAway(): Promise<void> {
    server.stopBroadcast();
    server.closeSockets();
    await agent.logged(/no broadcast of the server/);
  }

  it('comes back when the server does, without asking for its configuration', async () => {
    await startAvailable();
    await goAway();
    await server.openSockets();
    server.startBroadcast();
    const took = await comesBack();
    assert.ok(took < bound, `${took} ms`);
    assert.equal(server.requests.length, 1);
  });

  it('comes back to a server that has lost all its keys', async () => {
    await startAvailable();
    await server.replaceKeys();
    const took = await comesBack();
    assert.ok(took < bound, `${took} ms`);
  });

  it('comes back to a server with other keys after a long time', async () => {
    await startAvailable();
    server.state.answer = (response) => response.writeHead(502).end();
    await goAway();
    await agent.logged(/no configuration from the server/);
    server.state.answer = undefined;
    server.startBroadcast();
    await server.replaceKeys();
    const took = await comesBack();
    assert.ok(took < bound, `${took} ms`);
  });

  it('Z5 asks for admission again when ZAP refuses its key, until it is admitted', async () => {
    await startAvailable();
    server.state.isAdmitting = false;
    server.closeSockets();
    await server.openSockets();
    await agent.logged(/does not admit the key/);
    await server.request(3);
    server.state.isAdmitting = true;
    const took = await comesBack();
    assert.ok(took < bound, `${took} ms`);
  });

  it('comes back when it was removed at the server, and is there again', async () => {
    await startAvailable();
    server.state.answer = (response) => response.writeHead(404).end();
    await server.send({ type: 'removed' });
    await server.request(3);
    server.state.answer = undefined;
    const took = await comesBack();
    assert.ok(took < bound, `${took} ms`);
  });

  for (const how of ['removed', 'asked for a configuration'] as const)
    it(`does not say that it is served, though it hears broadcasts, once it was ${how} and its key is refused`, async () => {
      await startAvailable();
      assert.equal(agent.isOnline(), true);
      server.state.answer = (response) => response.writeHead(401).end();
      if (how === 'removed') await server.send({ type: 'removed' });
      else agent.reconfigure();
      await agent.logged(/no configuration from the server .*key_refused/);
      assert.equal(agent.isOnline(), false);
      server.state.answer = undefined;
      await comesBack();
      assert.equal(agent.isOnline(), true);
    });

  it('S11 comes back when its clock, an hour ahead, is right again', async () => {
    let ahead = 0;
    await startAvailable({}, [], { ...systemClock, now: () => systemClock.now() + ahead });
    ahead = 3_600_000;
    await agent.logged(/broadcast of the server dropped reason=\w*skew|too_/);
    await agent.logged(/no broadcast of the server/);
    ahead = 0;
    const took = await comesBack();
    assert.ok(took < bound, `${took} ms`);
    ahead = -100_000;
    await server.next('heartbeat');
    await server.next('heartbeat');
    assert.equal(server.requests.length, 1);
  });

  it('ends the job in hand, keeps its result, and takes no other one meanwhile', async () => {
    await startAvailable({ interval: 0.2 });
    await server.send({ type: 'commit', job_id: A, command: 'long', dir, capture: false });
    await server.next('ack_commit');
    await server.send({ type: 'run', job_id: A });
    await server.next('ack_run');
    server.stopBroadcast();
    await agent.logged(/no broadcast of the server/);
    // Its command channel stands again, but it beats no more: the agent may be hearing the half of a server.
    writeFileSync(join(dir, 'go'), '');
    await server.next('succeeded');
    await server.send({ type: 'commit', job_id: B, command: 'long', dir, capture: false });
    const { body } = await server.next('nack_commit', 'ack_commit');
    assert.equal(body['type'], 'nack_commit');
    assert.match(String(body['reason']), /hears no broadcast/);
    server.startBroadcast();
    await agent.logged(/the server is back/);
    await server.send({ type: 'commit', job_id: B, command: 'long', dir, capture: false });
    assert.equal((await server.next('nack_commit', 'ack_commit')).body['type'], 'ack_commit');
  });
});

describe('a server of the 1.x line (REFERENCE 17)', function () {
  this.timeout(30_000);
  onStage();

  beforeEach(async () => {
    server = await startScriptedServer({ version1: true, interval: 0.2 });
  });

  it('is not spoken to without allow_unencrypted', async () => {
    agent = await startAgent(server, dir);
    await server.request(3);
    assert.match(agent.lines.join(''), /offers no encryption.*allow_unencrypted/);
    assert.deepEqual(server.said, []);
  });

  it('is served with it: its run names server and command, it acknowledges nothing, it is silent to who comes back', async () => {
    const settings = ['allow_unencrypted true', "whitelist({ 'echo' => 'echo' })"];
    agent = await startAgent(server, dir, settings);
    await server.welcome();
    await server.send({ type: 'commit', job_id: A, command: 'echo', server: 'push.example.com' });
    assert.equal((await server.next('ack_commit', 'nack_commit')).body['type'], 'ack_commit');
    await server.send({ type: 'run', job_id: A, command: 'echo', server: 'push.example.com' });
    await server.next('ack_run');
    const { body } = await server.next('succeeded', 'failed');
    assert.deepEqual([body['type'], body['stdout']], ['succeeded', undefined]);
    server.closeSockets();
    await server.openSockets();
    server.said.length = 0;
    const began = performance.now();
    // Longer than the patience of the watchdog.
    while (performance.now() - began < 4000) await server.next('heartbeat');
    assert.equal(server.requests.length, 1);
  });
});
