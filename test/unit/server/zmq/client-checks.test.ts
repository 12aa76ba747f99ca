import assert from 'node:assert/strict';
import { makeClientChecks } from '../../../../server/src/zmq/client-checks.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';
import { makeLog } from '../../../helpers/logs.ts';

const HOUR = 3_600_000;

describe('clients of admitted nodes', () => {
  function setUp(interval = HOUR) {
    const clock = makeFakeClock();
    const log = makeLog();
    const asked: string[] = [];
    const removed: string[] = [];
    const counted: string[] = [];
    const lapsed = new Set<string>();
    const world = {
      answer: 'there' as 'there' | 'gone' | 'unknown',
      fails: false,
      removeFails: false,
    };
    const checks = makeClientChecks({
      clock,
      log,
      interval,
      count: (name) => counted.push(name),
      isAdmitted: (_, node) => !lapsed.has(node),
      ask: (_, client) => {
        asked.push(client);
        return world.fails ? Promise.reject(new Error('away')) : Promise.resolve(world.answer);
      },
      remove: (_, node) => {
        removed.push(node);
        return world.removeFails ? Promise.reject(new Error('away')) : Promise.resolve();
      },
    });
    const admission = (node: string, client = node) => ({
      orgId: 'guid',
      node,
      curveKey: Buffer.alloc(32),
      requester: { name: client, type: 'client' as const },
      renewedAt: 0,
    });
    return { clock, log, asked, removed, counted, lapsed, world, checks, admission };
  }

  it('Decision 12: asks for each client once in an interval, and lets go of those that are gone', async () => {
    const { clock, asked, removed, world, checks, admission } = setUp();
    checks.seen(admission('web1'));
    await clock.advance(HOUR / 2);
    checks.seen(admission('web2'));
    await clock.advance(HOUR / 2 - 1);
    assert.deepEqual(asked, []);
    await clock.advance(1);
    assert.deepEqual(asked, ['web1']);
    await clock.advance(HOUR / 2);
    assert.deepEqual(asked, ['web1', 'web2']);
    world.answer = 'gone';
    await clock.advance(HOUR);
    assert.deepEqual(removed, ['web1', 'web2']);
    await clock.advance(3 * HOUR);
    assert.equal(asked.length, 4);
    assert.equal(clock.waiting(), 0);
  });

  it('Decision 12: errors and answers that say nothing never remove', async () => {
    const { clock, asked, removed, world, checks, admission, counted } = setUp();
    checks.seen(admission('web1'));
    world.fails = true;
    await clock.advance(2 * HOUR + 100);
    world.fails = false;
    world.answer = 'unknown';
    await clock.advance(2 * HOUR + 100);
    assert.equal(asked.length, 4);
    assert.deepEqual(removed, []);
    assert.deepEqual(counted.slice(0, 3), [
      'client_checks_failed',
      'client_checks_failed',
      'client_checks',
    ]);
    checks.stop();
    assert.equal(clock.waiting(), 0);
  });

  it('a node that asks for its configuration again has shown that its client is there', async () => {
    const { clock, asked, checks, admission } = setUp();
    checks.seen(admission('web1'));
    for (let i = 0; i < 5; i++) {
      await clock.advance(HOUR - 1);
      checks.seen(admission('web1'));
    }
    assert.deepEqual(asked, []);
    checks.stop();
  });

  it('Decision 12: a client that was refused loses its admissions at once, and nobody else', async () => {
    const { clock, removed, checks, admission, world, log } = setUp(0);
    checks.seen(admission('web1'));
    checks.seen(admission('db1', 'robot'));
    checks.seen(admission('db2', 'robot'));
    checks.seen({
      ...admission('web9'),
      requester: { name: 'ada', type: 'user' },
    });
    world.removeFails = true;
    for (const client of ['robot', 'nobody', 'ada', 'robot']) checks.gone('guid', client);
    checks.gone('other-guid', 'web1');
    await clock.advance(0);
    assert.deepEqual(removed, ['db1', 'db2']);
    assert.equal(log.lines.filter(({ level }) => level === 'warn').length, 2);
    assert.equal(clock.waiting(), 0);
  });

  it('after a restart asks for all of them in the course of one interval, one at a time', async () => {
    const { clock, asked, checks, admission, lapsed } = setUp();
    checks.load(Array.from({ length: 100 }, (_, i) => admission(`n${i}`)));
    lapsed.add('n7');
    await clock.advance(HOUR / 2);
    assert.ok(asked.length >= 48 && asked.length <= 50, `${asked.length}`);
    assert.ok(!asked.includes('n7'));
    await clock.advance(HOUR / 2 + 100);
    assert.equal(asked.length, 99);
    checks.stop();
  });

  it('asks no more than fifty a second, however many are due', async () => {
    const { clock, asked, checks, admission } = setUp(1000);
    checks.load(Array.from({ length: 1000 }, (_, i) => admission(`n${i}`)));
    await clock.advance(1000);
    assert.ok(asked.length > 20 && asked.length <= 50, `${asked.length}`);
    checks.stop();
  });
});
