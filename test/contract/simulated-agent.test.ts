import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { startAgent } from '../helpers/agent-under-test.ts';
import {
  startScriptedServer,
  type AgentSays,
  type ScriptedServer,
} from '../helpers/scripted-server.ts';
import { startSimulatedAgent } from '../helpers/simulated-agent.ts';
import { makeTempDir } from '../helpers/temp-dir.ts';

const A = 'a'.repeat(32);
const B = 'b'.repeat(32);
const output = 'out\n';

/** What an agent says to one script, as it stands on the wire, without what time and chance decide. */
async function play(start: (server: ScriptedServer) => Promise<{ stop(): Promise<void> }>) {
  const server = await startScriptedServer();
  const agent = await start(server);
  const said: string[] = [];
  const take = async (...types: string[]): Promise<void> => {
    said.push(wordsOf(await server.next(...types)));
  };
  const commit = (jobId: string, more: object = {}): Promise<unknown> =>
    server.send({
      type: 'commit',
      job_id: jobId,
      server: 'x',
      command: 'say',
      capture: true,
      ...more,
    });
  try {
    const request = await server.request(1);
    said.push([...request.url.searchParams.keys()].join(' '), `signed ${String(request.isSigned)}`);
    await take('heartbeat');
    await server.send({ type: 'abort' });
    await take('aborted');
    await commit(A);
    await take('ack_commit');
    // Whoever is committed to one job refuses another one, and the order to run it.
    await commit(B);
    await take('nack_commit');
    await server.send({ type: 'run', job_id: B });
    await take('nack_run');
    await server.send({ type: 'run', job_id: A });
    await take('ack_run');
    await take('succeeded');
    await commit(B, { capture: false });
    await take('ack_commit');
    await server.send({ type: 'abort' });
    await take('aborted');
    await server.send({ type: 'commit', job_id: B });
    await take('nack_commit');
    await commit(B, { capture: false });
    await take('ack_commit');
    await server.send({ type: 'run', job_id: B });
    await take('ack_run');
    await take('succeeded');
    server.said.length = 0;
    await take('heartbeat');
    assert.deepEqual(server.dropped, []);
    said.push(`${server.requests.length} requests`);
    return said;
  } finally {
    await agent.stop();
    await server.close();
  }
}

function wordsOf({ header, text }: AgentSays): string {
  const words = text
    .replace(/("(?:client|timestamp|incarnation_id)":)"[^"]*"/g, '$1"…"')
    .replace(/"sequence":\d+/, '"sequence":…');
  return `${header.replace(/Signature:.*/, 'Signature:…')} ${words}`;
}

describe('the simulated agent', function () {
  this.timeout(30_000);

  it('says the same in the same order as the real one', async () => {
    const [dir, removeDir] = await makeTempDir();
    try {
      const real = await play((server) =>
        startAgent(server, dir, ["whitelist({'say' => 'echo out'})"]),
      );
      const simulated = await play((server) => {
        const { url, node, clientKey } = server;
        const key = createPrivateKey(clientKey);
        return Promise.resolve(startSimulatedAgent({ url, node, key, output }));
      });
      assert.deepEqual(simulated, real);
    } finally {
      await removeDir();
    }
  });
});
