import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { freePort } from '../../helpers/free-port.ts';
import { startFakePushServer, type FakePushServer } from '../../helpers/fake-push-server.ts';
import { makeApi, segment, type Api } from '../../../knife-bridge/src/api.ts';
import { systemClock, type Clock } from '../../../knife-bridge/src/clock.ts';
import { CliError, RefusedError } from '../../../knife-bridge/src/errors.ts';
import type { KnifeConfig } from '../../../knife-bridge/src/knife-config/load.ts';

describe('the Chef API', () => {
  let server: FakePushServer;
  let config: KnifeConfig;
  let said: string[];
  let slept: number[];
  let apis: Api[];

  beforeEach(async () => {
    server = await startFakePushServer();
    const key = createPrivateKey(server.addUser('bob'));
    said = [];
    slept = [];
    apis = [];
    config = {
      serverUrl: server.url,
      userName: 'bob',
      signingKey: () => ({ key, source: 'bob.pem' }),
      signatureVersion: '1.1',
      tls: { verify: true },
      proxy: {},
      retries: { count: 2, delayMs: 5000 },
      timeoutMs: 10_000,
      knife: new Map(),
      notes: [],
    };
  });
  afterEach(async () => {
    for (const api of apis) await api.close();
    await server.close();
  });

  const clock: Clock = {
    ...systemClock,
    sleep: (ms, signal) => {
      slept.push(ms);
      return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
    },
  };
  const open = (more: Partial<KnifeConfig> = {}, signal = new AbortController().signal): Api => {
    const api = makeApi({
      config: { ...config, ...more },
      clock,
      signal,
      trace: (line) => said.push(line),
      warn: (line) => said.push(`! ${line}`),
    });
    apis.push(api);
    return api;
  };
  const answer = (
    method: string,
    ...answers: FakePushServer['canned'][number]['answer'][]
  ): void => {
    for (const canned of answers) server.canned.push({ method, path: /./, answer: canned });
  };
  const fails = async (asked: Promise<unknown>, code: string): Promise<CliError> => {
    const error: unknown = await asked.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof CliError, String(error));
    assert.equal(error.code, code);
    return error;
  };

  for (const signatureVersion of ['1.0', '1.1', '1.3'] as const) {
    it(`is asked with signatures ${signatureVersion} that verify (REFERENCE 4.1)`, async () => {
      const api = open({ signatureVersion });
      assert.deepEqual(await api.get('pushy/jobs'), []);
      const created = await api.post('pushy/jobs', { command: 'ä', nodes: ['a'] });
      assert.match(JSON.stringify(created), /\/pushy\/jobs\/[0-9a-f]{32}"/);
      const [seen] = server.seen;
      assert.match(String(seen?.headers['x-ops-sign']), new RegExp(`version=${signatureVersion};`));
      assert.equal(seen?.headers['x-ops-server-api-version'], '2');
      assert.equal(seen.headers.accept, 'application/json');
    });
  }

  it('is asked below chef_server_url, a slash at its end or not', async () => {
    await open({ serverUrl: `${server.url}//` }).get('pushy/node_states');
    assert.equal(server.seen[0]?.path, '/organizations/acme/pushy/node_states');
  });

  it('says that the organization is missing in chef_server_url', async () => {
    const origin = server.url.replace(/\/organizations.*/, '');
    const page = { status: 404, body: { error: ['There is no such page.'] } };
    answer('GET', page, page);
    const advice = `chef_server_url lacks its organization: ${origin}/organizations/NAME`;
    const error = await fails(open({ serverUrl: `${origin}/` }).get('pushy/jobs'), 'refused');
    assert.deepEqual(error.advice, ['Response: There is no such page.', advice]);
    const other = await fails(open().get('pushy/jobs'), 'refused');
    assert.deepEqual(other.advice, ['Response: There is no such page.']);
  });

  it('says that a port speaks no TLS, not that a certificate is wrong', async () => {
    const serverUrl = server.url.replace('http:', 'https:');
    const { advice } = await fails(open({ serverUrl }).get('pushy/jobs'), 'tls');
    assert.match(advice.join('\n'), /does not speak TLS: .*http:\/\//);
    assert.doesNotMatch(advice.join('\n'), /certificate/);
  });

  it('gives output as bytes (REFERENCE 8.6)', async () => {
    const bytes = Buffer.from([0, 0xff, 0xfe, 10]);
    server.addJob({ id: 'j', status: 'complete', nodes: {} });
    server.outputs.set('j/a/stdout', bytes);
    assert.deepEqual(await open().getBytes('pushy/jobs/j/output/a/stdout'), bytes);
    assert.equal(server.seen[0]?.headers.accept, 'application/octet-stream');
  });

  it('says each request for -V', async () => {
    await open().get('pushy/jobs');
    assert.match(said.join('\n'), /^GET http:\/\/127.*\/pushy\/jobs -> 200 \(\d+ ms\)$/);
  });

  it('is asked again on a 5xx, after a wait, and gives up in the end', async () => {
    answer('GET', { status: 500 }, { status: 503 });
    assert.deepEqual(await open().get('pushy/jobs'), []);
    assert.deepEqual(slept, [5000, 5000]);
    const url = `${server.url}/pushy/jobs`;
    assert.ok(said.includes(`! Server returned error 500 for ${url}, retrying 1/2`));
    assert.ok(said.includes(`! Server returned error 503 for ${url}, retrying 2/2`));
    answer('GET', { status: 500 }, { status: 500 }, { status: 502, body: 'a page' });
    const error = await fails(open().get('pushy/jobs'), 'refused');
    assert.equal(error.message, 'bad gateway');
    assert.deepEqual(error.advice, ['Response: a page']);
  });

  it('is asked again when the connection breaks', async () => {
    answer('GET', { status: 0, hangUp: true });
    assert.deepEqual(await open().get('pushy/jobs'), []);
    assert.deepEqual(slept, [5000]);
  });

  it('never gets a POST twice that may have arrived: it would start the job twice', async () => {
    answer('POST', { status: 0, hangUp: true });
    await fails(open().post('pushy/jobs', {}), 'network');
    answer('POST', { status: 503, body: { error: ['busy'] } });
    const error = await fails(open().post('pushy/jobs', {}), 'refused');
    assert.deepEqual(error.advice, ['Response: busy']);
    assert.equal(server.seen.length, 2);
    assert.deepEqual(slept, []);
  });

  it('gets a POST again when nobody listened', async () => {
    const serverUrl = `http://127.0.0.1:${await freePort()}/organizations/acme`;
    const error = await fails(open({ serverUrl }).post('pushy/jobs', {}), 'network');
    assert.equal(
      error.message,
      `Network Error: Connection refused connecting to ${serverUrl}/pushy/jobs`,
    );
    assert.deepEqual(slept, [5000, 5000]);
  });

  it('has a deadline for each request', async () => {
    answer('GET', { status: 0, silent: true });
    const error = await fails(
      open({ timeoutMs: 50, retries: { count: 0, delayMs: 0 } }).get('pushy/jobs'),
      'network',
    );
    assert.match(error.message, /^Network Error: Timeout waiting for http/);
  });

  it('is not asked again once the command was interrupted', async () => {
    const stop = new AbortController();
    answer('GET', { status: 0, silent: true });
    const asked = open({}, stop.signal).get('pushy/jobs');
    stop.abort(2);
    await assert.rejects(asked, (reason) => reason === 2);
    assert.deepEqual(slept, []);
  });

  it('says what is wrong with a host name', async () => {
    const more = { serverUrl: 'http://nosuch.invalid/', retries: { count: 0, delayMs: 0 } };
    const error = await fails(open(more).get('x'), 'network');
    assert.match(error.message, /nosuch\.invalid/);
  });

  it('says that a name cannot sign', async () => {
    const error = await fails(open({ userName: 'a\nb' }).get('pushy/jobs'), 'key');
    assert.match(error.message, /Requests cannot be signed as 'a\nb': the user id/);
    assert.deepEqual(server.seen, []);
  });

  it('says that a server speaks no TLS', async () => {
    const serverUrl = server.url.replace('http:', 'https:');
    const error = await fails(open({ serverUrl }).get('pushy/jobs'), 'tls');
    assert.match(error.advice[0]!, /https:/);
  });

  it('does not follow to another address', async () => {
    answer('GET', { status: 301, location: 'https://chef.example.com/x' });
    const error = await fails(open().get('pushy/jobs'), 'answer');
    assert.match(error.message, /was redirected to https:\/\/chef\.example\.com\/x$/);
    assert.match(error.advice[0]!, /chef_server_url/);
  });

  it('says that an answer is not JSON, and what it is', async () => {
    answer('GET', { status: 200, body: '<html>', contentType: 'text/html' });
    const error = await fails(open().get('pushy/jobs'), 'answer');
    assert.equal(error.message, 'pushy/jobs answered text/html instead of JSON');
    answer('GET', { status: 200, body: '', contentType: '' });
    await fails(open().get('pushy/jobs'), 'answer');
  });

  it('tells the reasons for a 401 apart (REFERENCE 4.3)', async () => {
    const advice = async (more: Partial<KnifeConfig>): Promise<string> => {
      const error = await fails(open(more).get('pushy/jobs'), 'refused');
      assert.match(error.message, /^Failed to authenticate to http.* as \w+ with key bob\.pem$/);
      return error.advice.join('\n');
    };
    assert.match(await advice({ userName: 'nobody' }), /Ensure that your node_name/);
    server.addUser('eve');
    assert.match(
      await advice({ userName: 'eve' }),
      /key is not the one that the server knows for eve/,
    );
    server.clockAhead = -960_000;
    assert.match(await advice({}), /set this host's clock/);
  });

  it('keeps the status and the words of a refusal', async () => {
    for (const [status, message] of [
      [406, `${server.url} does not speak this program's version`],
      [409, 'Conflict'],
      [418, "I'm a Teapot"],
      [499, 'HTTP status 499'],
    ] as const) {
      answer('GET', { status, body: { error: 'a text' } });
      const error = await fails(open().get('pushy/jobs'), 'refused');
      assert.ok(error instanceof RefusedError);
      assert.deepEqual([error.status, error.said, error.message], [status, 'a text', message]);
    }
    answer('GET', { status: 409, body: { other: 1 } });
    assert.deepEqual((await fails(open().get('x'), 'refused')).advice, ['Response: ']);
  });

  it('gets path segments as the reference server reads them: escaped only where it must be (REFERENCE 2)', () => {
    assert.equal(segment('web-01.example.com:8080@x'), 'web-01.example.com:8080@x');
    assert.equal(segment('a/b?c#d é'), 'a%2Fb%3Fc%23d%20%C3%A9');
  });
});
