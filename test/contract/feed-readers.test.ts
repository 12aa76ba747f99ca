import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { signRequest } from 'mixlib-authentication-ts';
import { SIGNERS } from '../helpers/api.ts';
import { END, START, startFeedApi, vote, type FeedApi } from '../helpers/feed-api.ts';
import { turn } from '../helpers/fake-clock.ts';
import { until } from '../helpers/until.ts';

const FEED = '/organizations/acme/pushy/job_status_feed';
const MB = 1024 * 1024;

describe('readers of feeds that do not read (back-pressure)', function () {
  this.timeout(60_000);
  let api: FeedApi;
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await api.end();
  });

  /** Asks for a feed and takes nothing of what comes. */
  async function hang(path: string): Promise<Socket> {
    const headers = signRequest({ method: 'GET', path, body: '' }, SIGNERS.alice, Date.now());
    const socket = connect(api.port, '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: h\r\n${lines.join('')}\r\n`);
    await once(socket, 'readable');
    return socket;
  }

  /** Reads on and forgets all but the newest. */
  function readOn(socket: Socket): { events: number; tail: string; all(): Promise<unknown> } {
    const reader = { events: 0, tail: '', all: () => once(socket, 'end') };
    socket.setEncoding('utf8').on('data', (piece: string) => {
      // The word may be cut in two.
      reader.events += (reader.tail.slice(-6) + piece).split('event: ').length - 1;
      reader.tail = (reader.tail + piece).slice(-10_000);
    });
    return reader;
  }

  /** Bytes that this process holds, on the heap and beside it. */
  const held = (): number => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };

  it('1,000 half-open feeds cost little and hold up nobody', async () => {
    api = await startFeedApi({ maxConnections: 1001 });
    const good = readOn(await hang(FEED));
    for (let i = 0; i < 10; i += 1) {
      await Promise.all(Array.from({ length: 100 }, () => hang(FEED)));
    }
    assert.equal((await api.as('alice', { path: FEED })).status, 503);
    const before = held();
    for (let i = 0; i < 50; i += 1) api.say(`job-${i}`, START, vote('a'), END);
    await until(
      'the events of all jobs',
      () => good.events,
      (events) => (events === 100 ? true : undefined),
      5000,
    );
    assert.ok(held() - before < 100 * MB, `${Math.round((held() - before) / MB)} MB more`);
  });

  it('50 readers that never read are cut with a word; the memory stays bounded and the others read on', async () => {
    api = await startFeedApi({ stall: 1000 });
    api.say('j', START);
    const stuck = await Promise.all(Array.from({ length: 50 }, () => hang(`${FEED}/j`)));
    const good = readOn(await hang(`${FEED}/j`));
    const before = held();
    let most = 0;
    // 21 MB for each reader: more than the kernel holds for a connection.
    for (let batch = 0; batch < 70; batch += 1) {
      const names = Array.from(
        { length: 100 },
        (_, index) => `${batch}-${index}-${'x'.repeat(3000)}`,
      );
      api.sayTogether('j', names.map(vote));
      await turn();
      most = Math.max(most, held() - before);
    }
    await until(
      'the last vote',
      () => good.events,
      (events) => (events === 7001 ? true : undefined),
    );
    most = Math.max(most, held() - before);
    assert.ok(most < 120 * MB, `${Math.round(most / MB)} MB more`);
    await until(
      'all of them to be cut off',
      () => api.said.length,
      (count) => (count === 50 ? true : undefined),
    );
    api.say('j', END);
    await good.all();
    assert.equal(good.events, 7002);
    // Who begins to read now still learns why it ended, behind whole events.
    const [one] = stuck;
    let text = '';
    one!.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    await once(one!, 'close');
    assert.match(text, /\n\n\r\n[0-9a-f]+\r\n: too slow: [^\n]*\n\r\n0\r\n\r\n$/);
  });
});
