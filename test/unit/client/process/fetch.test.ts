import assert from 'node:assert/strict';
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { makeFetcher } from '../../../../client/src/process/fetch.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';
import { until } from '../../../helpers/until.ts';

describe('fetch: GETs in a process of their own', function () {
  this.timeout(30_000);
  let server: Server;
  let clock: ReturnType<typeof makeFakeClock>;
  const listen = async (answer: RequestListener): Promise<URL> => {
    server = createServer(answer).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x?y=z`);
  };
  const children = (): string[] => {
    const list = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], {
      encoding: 'utf8',
    });
    return list.split('\n').filter((line) => line.includes('fetch-child'));
  };
  const goneChildren = () =>
    until('the child to end', children, (c) => (c.length === 0 ? true : undefined));
  const request = (url: URL, signal = new AbortController().signal) => ({
    url,
    headers: { 'X-One': '1' },
    trust: { rejectUnauthorized: true },
    signal,
  });

  beforeEach(() => {
    clock = makeFakeClock();
  });
  afterEach(async () => {
    await clock.advance(5000);
    await goneChildren();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('gives status and body, one child for all, which ends when nobody asks any more', async () => {
    const url = await listen((asked, response) => {
      response.statusCode = 418;
      response.end(`${asked.url} ${String(asked.headers['x-one'])}`);
    });
    const fetcher = makeFetcher((ms, action) => clock.after(ms, action));
    fetcher.warm();
    const answers = await Promise.all([fetcher.get(request(url)), fetcher.get(request(url))]);
    const { status, body, date } = answers[0];
    assert.deepEqual([status, body], [418, '/x?y=z 1']);
    assert.ok(date);
    assert.deepEqual(answers[1], answers[0]);
    assert.equal(children().length, 1);
    await clock.advance(5000);
    await goneChildren();
    assert.equal((await fetcher.get(request(url))).status, 418);
  });

  it('rejects with the message and the code of the system', async () => {
    const url = await listen((asked) => asked.socket.destroy());
    const fetcher = makeFetcher((ms, action) => clock.after(ms, action));
    await assert.rejects(fetcher.get(request(url)), { message: /hang up/, code: 'ECONNRESET' });
    const refused = new URL('http://127.0.0.1:1/');
    await assert.rejects(fetcher.get(request(refused)), { code: 'ECONNREFUSED' });
  });

  it('rejects as an aborted request does, and asks another child from then on', async () => {
    let answers = false;
    const asked: (() => void)[] = [];
    const url = await listen((_request, response) => {
      if (answers) response.end('well');
      for (const go of asked) go();
    });
    const fetcher = makeFetcher((ms, action) => clock.after(ms, action));
    const end = new AbortController();
    const arrived = new Promise<void>((go) => asked.push(go));
    const waiting = fetcher.get(request(url, end.signal));
    await arrived;
    end.abort(new Error('no answer within 5 s'));
    await assert.rejects(waiting, (error: Error) => {
      assert.equal(error.name, 'AbortError');
      assert.equal((error.cause as Error).message, 'no answer within 5 s');
      return true;
    });
    await assert.rejects(fetcher.get(request(url, end.signal)), { name: 'AbortError' });
    await goneChildren();
    answers = true;
    assert.equal((await fetcher.get(request(url))).body, 'well');
  });

  it('ends with whoever asked, though the server never answers', async () => {
    const url = await listen(() => {
      arrive();
    });
    let arrive = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const program = new URL('../../../../client/src/process/fetch-child.ts', import.meta.url);
    const child = fork(fileURLToPath(program));
    child.send({ id: 1, url: url.href, headers: {}, trust: { rejectUnauthorized: true } });
    try {
      await asked;
      const ended = once(child, 'exit', { signal: AbortSignal.timeout(10_000) });
      child.disconnect();
      await ended;
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('says that the process ended, when somebody ends it', async () => {
    const url = await listen(() => {
      for (const line of children()) process.kill(Number.parseInt(line, 10), 'SIGKILL');
    });
    const fetcher = makeFetcher((ms, action) => clock.after(ms, action));
    await assert.rejects(fetcher.get(request(url)), /process that fetches ended with SIGKILL/);
  });
});
