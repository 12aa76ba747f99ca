import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { signRequest } from 'mixlib-authentication-ts';
import { SIGNERS } from '../../../helpers/api.ts';
import { END, START, startFeedApi, vote, type FeedApi } from '../../../helpers/feed-api.ts';
import { eventsIn, shortly } from '../../../helpers/feed-reader.ts';

const FEED = '/organizations/acme/pushy/job_status_feed';
const ID = 'e'.repeat(32);

describe('feeds over HTTP (REFERENCE 9)', () => {
  let api: FeedApi;
  async function open(...args: Parameters<typeof startFeedApi>): Promise<void> {
    await api.end();
    api = await startFeedApi(...args);
  }
  beforeEach(async () => {
    api = await startFeedApi();
  });
  afterEach(() => api.end());

  it('9 has its type, no buffering by nginx, chunks; and the bytes of its blocks are exact', async () => {
    api.say(ID, START);
    const feed = await api.follow(`/${ID}`);
    assert.equal(feed.status, 200);
    assert.equal(feed.headers['content-type'], 'text/event-stream');
    assert.equal(feed.headers['x-accel-buffering'], 'no');
    assert.equal(feed.headers['transfer-encoding'], 'chunked');
    await feed.until(/job-1\n[^]*\n\n/);
    api.say(ID, vote('a'), END);
    const text = await feed.ended();
    const stamp = String.raw`"timestamp":"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}Z"`;
    assert.match(
      text,
      new RegExp(
        `^event: start\nid: job-1\ndata: {${stamp},"command":"c","run_timeout":9,"quorum":1,"node_count":1,"user":"ann","capture":false}\n\n` +
          `event: quorum_vote\nid: job-2\ndata: {${stamp},"node":"a","status":"success"}\n\n` +
          `event: job_complete\nid: job-3\ndata: {${stamp},"status":"complete"}\n\n$`,
      ),
    );
    const stamps = eventsIn(text).map(({ timestamp }) => timestamp);
    assert.deepEqual(stamps, [...new Set(stamps)].toSorted());
  });

  it('9 answers at once, though nothing has happened', async () => {
    const feed = await api.follow('');
    assert.deepEqual([feed.status, feed.text()], [200, '']);
  });

  it('9 takes Last-Event-ID in any case', async () => {
    api.say(ID, START, vote('a'), END);
    for (const name of ['Last-Event-ID', 'last-event-id', 'LAST-EVENT-ID', 'Last-Event-Id']) {
      const feed = await api.follow(`/${ID}`, { [name]: 'job-2' });
      assert.deepEqual(shortly(await feed.ended()), ['job_complete(complete)'], name);
    }
  });

  it('9 a reader without the type in his Accept gets 406; * and text/* admit it', async () => {
    api.say(ID, START, END);
    const status = async (path: string, accept: string): Promise<number> =>
      (await api.follow(path, { accept })).status;
    assert.equal(await status(`/${ID}`, 'application/json'), 406);
    assert.equal(await status('', 'application/json'), 406);
    assert.equal(await status('/nothing', 'text/plain'), 406);
    for (const accept of ['*/*', '*', 'text/*', 'text/html, text/event-stream;q=0.1']) {
      assert.equal(await status(`/${ID}`, accept), 200, accept);
    }
    assert.equal((await api.as('alice', { path: `${FEED}/${ID}` })).status, 200);
  });

  it('9 is for readers', async () => {
    api.groups.set('pushy_job_readers', []);
    api.say(ID, START);
    assert.equal((await api.as('alice', { path: FEED })).status, 403);
    assert.equal((await api.as('alice', { path: `${FEED}/${ID}` })).status, 403);
    assert.equal((await api.send({ path: FEED })).status, 400);
  });

  it('9.1 404 for a job that nobody knows', async () => {
    const answer = await api.as('alice', { path: `${FEED}/${ID}` });
    assert.deepEqual([answer.status, answer.headers['content-type']], [404, 'application/json']);
  });

  it('S2 404 for a job of another organization, in memory or stored', async () => {
    const orgId = '9'.repeat(32);
    const start = api.log.append({ id: ID, orgId }, START)!;
    api.log.shown([start.event], []);
    assert.equal((await api.as('alice', { path: `${FEED}/${ID}` })).status, 404);
  });

  it('9.1 E2 tells a job that is out of memory in one event, with the object of 8.5, whatever was read before', async () => {
    api.jobs.set(ID, {
      id: ID,
      command: 'chef-client',
      status: 'complete',
      runTimeout: 3600,
      createdAt: Date.UTC(2012, 8, 4, 23, 1, 2),
      updatedAt: Date.UTC(2012, 8, 4, 23, 17, 56),
      capture: false,
      file: 'raw:secret',
      quorum: 1,
      requester: 'ann',
      nodes: { succeeded: ['a'] },
    });
    for (const headers of [{}, { 'Last-Event-ID': 'job-1' }]) {
      const answer = await api.as('alice', { path: `${FEED}/${ID}`, headers });
      assert.equal(answer.headers['content-type'], 'text/event-stream');
      assert.equal(answer.headers['x-accel-buffering'], 'no');
      assert.equal(answer.headers['content-length'], String(Buffer.byteLength(answer.body)));
      assert.match(
        answer.body,
        /^event: summary\nid: job-1\ndata: \{"timestamp":"[-\d]+ [:\d]+\.\d{6}Z","nodes":\{"succeeded":\["a"\]\},"id":"e{32}","command":"chef-client","status":"complete","run_timeout":3600,"created_at":"Tue, 04 Sep 2012 23:01:02 GMT","updated_at":"Tue, 04 Sep 2012 23:17:56 GMT","file_specified":true\}\n\n$/,
      );
    }
  });

  it('9.1 E2 sends all events of a job that lingers, the last with its blank line, and ends', async () => {
    api.say(ID, START, vote('a'), END);
    const feed = await api.follow(`/${ID}`);
    const text = await feed.ended();
    assert.deepEqual(shortly(text), ['start', 'quorum_vote(a success)', 'job_complete(complete)']);
    assert.ok(text.endsWith('}\n\n'));
    assert.equal(feed.headers.connection, 'close');
  });

  it('J3 the feed of a job that crashed ends with job_complete(crashed)', async () => {
    api.say(ID, START);
    const feed = await api.follow(`/${ID}`);
    api.say(ID, { name: 'job_complete', data: { status: 'crashed' } });
    assert.deepEqual(shortly(await feed.ended()), ['start', 'job_complete(crashed)']);
  });

  it('E3 keeps the misspelt word that is on the wire', async () => {
    api.say(
      ID,
      START,
      { name: 'quorum_vote', data: { node: 'a', status: 'lost_availibility' } },
      END,
    );
    const feed = await api.follow(`/${ID}`);
    assert.match(await feed.ended(), /"node":"a","status":"lost_availibility"/);
  });

  it('9 text is UTF-8 and not escaped, and one line whatever is in it', async () => {
    api.say(ID, START, vote('wéb\n😀'), END);
    const feed = await api.follow(`/${ID}`);
    assert.match(await feed.ended(), /"node":"wéb\\n😀"/);
  });

  it('9.2 E1 the feed of an organization: nothing of the past, what was missed, or the start of history', async () => {
    api.say(ID, START, vote('a'), END);
    const [fresh, missed, unknown] = await Promise.all([
      api.follow(''),
      api.follow('', { 'last-event-id': 'org-1' }),
      api.follow('', { 'last-event-id': 'org-77' }),
    ]);
    await missed.until(/org-2[^]*\n\n/);
    await unknown.until(/org-2[^]*\n\n/);
    api.say('f'.repeat(32), START);
    const texts = await Promise.all(
      [fresh, missed, unknown].map((feed) => feed.until(/org-3[^]*\n\n/)),
    );
    assert.deepEqual(
      texts.map((text) => eventsIn(text).map(({ id, name }) => `${id} ${name}`)),
      [
        ['org-3 start'],
        ['org-2 job_complete', 'org-3 start'],
        ['start_id start_of_history', 'org-1 start', 'org-2 job_complete', 'org-3 start'],
      ],
    );
    assert.equal(eventsIn(texts[0]!)[0]?.data['job'], 'f'.repeat(32));
    for (const text of texts) {
      const stamps = eventsIn(text).map(({ timestamp }) => timestamp);
      assert.deepEqual(stamps, [...new Set(stamps)].toSorted());
    }
  });

  it('9 sends a comment after keep_alive_time without output', async () => {
    await open({ keepAlive: 40 });
    api.say(ID, START);
    const feed = await api.follow(`/${ID}`);
    const text = await feed.until(/(:keepalive\n){3}$/);
    assert.match(text, /^event: start\nid: job-1\ndata: .*\n\n(:keepalive\n)+$/);
    api.say(ID, END);
    const all = await feed.ended();
    assert.match(all, /:keepalive\nevent: job_complete\nid: job-2\n/);
  });

  it('refuses more feeds than are allowed, and takes the next when one has gone', async () => {
    await open({ maxConnections: 2 });
    const first = await api.follow('');
    await api.follow('');
    const refused = await api.as('alice', { path: FEED });
    assert.equal(refused.status, 503);
    assert.equal(refused.headers['retry-after'], '5');
    assert.match(refused.body, /Too many feeds/);
    assert.deepEqual(api.said, ['a feed is refused: too many are read']);
    first.close();
    let again = await api.follow('');
    // The server hears of the end a moment later.
    while (again.status === 503) again = await api.follow('');
    assert.equal(again.status, 200);
  });

  it('drain ends every feed with a word and a time to come again, and refuses new ones', async () => {
    api.say(ID, START);
    const feeds = await Promise.all([api.follow(`/${ID}`), api.follow('')]);
    await feeds[0].until(/\n\n/);
    api.log.drain();
    const [job, org] = await Promise.all(feeds.map((feed) => feed.ended()));
    assert.match(
      job!,
      /^event: start\n[^]*\n\n: the server is stopping, connect again\nretry: 3000\n\n$/,
    );
    assert.equal(org, ': the server is stopping, connect again\nretry: 3000\n\n');
    const late = await api.as('alice', { path: FEED });
    assert.deepEqual([late.status, late.headers['retry-after']], [503, '5']);
  });

  it('speaks to a client of HTTP/1.0 until the connection ends', async () => {
    api.say(ID, START, END);
    const path = `${FEED}/${ID}`;
    const headers = signRequest({ method: 'GET', path, body: '' }, SIGNERS.alice, Date.now());
    const socket = connect(api.port, '127.0.0.1');
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET ${path} HTTP/1.0\r\n${lines.join('')}\r\n`);
    let text = '';
    socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    await once(socket, 'close');
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.doesNotMatch(text, /transfer-encoding/i);
    assert.deepEqual(shortly(text.split('\r\n\r\n')[1]!), ['start', 'job_complete(complete)']);
  });
});
