import assert from 'node:assert/strict';
import { makeRetention } from '../../../../server/src/compose/retention.ts';
import { makeFakeClock, type FakeClock } from '../../../helpers/fake-clock.ts';
import { makeLog } from '../../../helpers/logs.ts';

const HOUR = 3_600_000;

describe('the retention of jobs', () => {
  let clock: FakeClock;
  let log: ReturnType<typeof makeLog>;
  let asked: { olderThan?: number; keepPerOrg?: number; limit: number }[];
  /** How many jobs the next steps find; an error fails one. */
  let found: (number | Error)[];
  let gone: string[];

  const make = (days: number | undefined, count: number | undefined) =>
    makeRetention({
      clock,
      log,
      fraction: () => 0.5,
      settings: { jobRetentionDays: days, jobRetentionCount: count },
      prune: (limits) => {
        asked.push(limits);
        const next = found.shift() ?? 0;
        return next instanceof Error
          ? Promise.reject(next)
          : Promise.resolve(Array.from({ length: next }, (_, n) => `job ${n}`));
      },
      gone: (id) => gone.push(id),
    });
  beforeEach(() => {
    [clock, log, asked, found, gone] = [makeFakeClock(), makeLog(), [], [], []];
  });

  it('goes in bounded steps with pauses, says once how many went, and comes again each hour', async () => {
    found = [50, 50, 7];
    const retention = make(30, 1000);
    const start = clock.now();
    retention.start();
    await clock.advance(HOUR / 30);
    assert.equal(asked.length, 1);
    await clock.advance(1000);
    assert.equal(asked.length, 3);
    assert.deepEqual(asked[0], {
      olderThan: start + HOUR / 30 - 30 * 24 * HOUR,
      keepPerOrg: 1000,
      limit: 50,
    });
    assert.equal(gone.length, 107);
    assert.deepEqual(
      log.lines.map(({ fields, message }) => [fields, message]),
      [[{ jobs: 107 }, 'old jobs were removed']],
    );
    await clock.advance(HOUR);
    assert.equal(asked.length, 4);
    assert.equal(log.lines.length, 1, 'nothing to say of nothing');
    await retention.stop();
    assert.equal(clock.waiting(), 0);
  });

  it('asks for one limit alone where one is set, and does nothing where none is', async () => {
    const byCount = make(undefined, 5);
    byCount.start();
    await clock.advance(HOUR / 30);
    assert.deepEqual(asked, [{ keepPerOrg: 5, limit: 50 }]);
    await byCount.stop();
    make(undefined, undefined).start();
    assert.equal(clock.waiting(), 0);
  });

  it('outlives a database that is away', async () => {
    found = [new Error('away'), 1];
    const retention = make(1, undefined);
    retention.start();
    await clock.advance(HOUR / 30);
    await clock.advance(HOUR);
    assert.deepEqual(
      log.lines.map(({ level }) => level),
      ['warn', 'info'],
    );
    await retention.stop();
  });

  it('does nothing more once it is stopped in the middle of a step', async () => {
    found = [50];
    const retention = make(1, undefined);
    retention.start();
    await clock.advance(HOUR / 30 - 1);
    const step = clock.advance(1);
    await retention.stop();
    await step;
    assert.equal(clock.waiting(), 0);
  });
});
