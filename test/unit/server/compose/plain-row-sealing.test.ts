import assert from 'node:assert/strict';
import { makePlainRowSealing } from '../../../../server/src/compose/plain-row-sealing.ts';
import { makeFakeClock, type FakeClock } from '../../../helpers/fake-clock.ts';
import { makeLog } from '../../../helpers/logs.ts';

describe('sealing of plain rows', () => {
  let clock: FakeClock;
  let log: ReturnType<typeof makeLog>;
  /** What is left to be sealed; an error fails one batch. */
  let left: (number | Error)[];
  let limits: number[];
  const make = (): ReturnType<typeof makePlainRowSealing> =>
    makePlainRowSealing({
      clock,
      log,
      seal: (limit) => {
        limits.push(limit);
        const next = left.shift() ?? 0;
        return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
      },
    });
  beforeEach(() => {
    [clock, log, left, limits] = [makeFakeClock(), makeLog(), [], []];
  });

  it('Decision 11 goes on in bounded batches with pauses until nothing is left, then says so', async () => {
    left = [200, 150];
    make().start();
    await clock.advance(0);
    assert.equal(limits.length, 1);
    await clock.advance(1000);
    assert.deepEqual(limits, [100, 100, 100]);
    assert.deepEqual(
      log.lines.map(({ fields, message }) => [fields, message]),
      [[{ rows: 350 }, 'values that were stored plain are sealed']],
    );
    assert.equal(clock.waiting(), 0);
  });

  it('says nothing where there was nothing to do', async () => {
    make().start();
    await clock.advance(1000);
    assert.deepEqual([limits.length, log.lines], [1, []]);
  });

  it('tries again, later, while the database is away', async () => {
    left = [new Error('away'), 5];
    make().start();
    await clock.advance(5000);
    assert.equal(limits.length, 1);
    await clock.advance(6000);
    assert.equal(limits.length, 3);
    assert.deepEqual(
      log.lines.map(({ level }) => level),
      ['warn', 'info'],
    );
  });

  it('stops after the batch that is being written', async () => {
    left = [1, 1, 1];
    const sealing = make();
    sealing.start();
    await sealing.stop();
    await clock.advance(60_000);
    assert.deepEqual([limits.length, clock.waiting()], [1, 0]);
  });
});
