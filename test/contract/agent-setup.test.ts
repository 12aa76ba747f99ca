import assert from 'node:assert/strict';
import { startAgent, type AgentUnderTest } from '../helpers/agent-under-test.ts';
import { startProxy, type TestProxy } from '../helpers/proxy.ts';
import { startScriptedServer, type ScriptedServer } from '../helpers/scripted-server.ts';
import { makeTempDir } from '../helpers/temp-dir.ts';

describe("the agent's settings, as its server sees them (ADDON F.2)", function () {
  this.timeout(30_000);
  let dir: string;
  let removeDir: () => Promise<void>;
  let server: ScriptedServer;
  let agent: AgentUnderTest | undefined;
  let proxy: TestProxy | undefined;

  beforeEach(async () => {
    [dir, removeDir] = await makeTempDir();
    server = await startScriptedServer();
  });
  afterEach(async () => {
    await agent?.stop();
    await proxy?.close();
    agent = proxy = undefined;
    await server.close();
    await removeDir();
  });

  it('asks for its configuration through http_proxy', async () => {
    proxy = await startProxy('Basic bWU6cHc=');
    agent = await startAgent(server, dir, [
      `http_proxy 'http://127.0.0.1:${proxy.port}'`,
      "http_proxy_user 'me'",
      "http_proxy_pass 'pw'",
    ]);
    await server.welcome();
    assert.match(proxy.seen[0] ?? '', new RegExp(`^GET ${server.url}/pushy/config/web01\\?ccpk=`));
  });

  it('asks by itself where no_proxy names the server', async () => {
    proxy = await startProxy(undefined);
    const lines = [`http_proxy 'http://127.0.0.1:${proxy.port}'`, "no_proxy '127.0.0.1'"];
    agent = await startAgent(server, dir, lines);
    await server.welcome();
    assert.deepEqual(proxy.seen, []);
  });

  it('says why while its proxy refuses', async () => {
    proxy = await startProxy('Basic bWU6cHc=');
    agent = await startAgent(server, dir, [`http_proxy 'http://127.0.0.1:${proxy.port}'`]);
    assert.match(await agent.logged(/no configuration/), /status 407.*http_proxy_user/);
  });

  it('signs with SHA-256 where authentication_protocol_version is 1.3', async () => {
    agent = await startAgent(server, dir, ["authentication_protocol_version '1.3'"]);
    const { headers, isSigned } = await server.request(1);
    assert.equal(headers['x-ops-sign'], 'algorithm=sha256;version=1.3;');
    assert.ok(isSigned);
  });
});
