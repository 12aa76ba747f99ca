import assert from 'node:assert/strict';
import { makeOrgGate, type Asker } from '../../../../server/src/dispatcher/org-gate.ts';
import { makeFakeClock, turn } from '../../../helpers/fake-clock.ts';

function setUp() {
  const clock = makeFakeClock();
  const known = new Map<string, string>();
  const asked: { name: string; answer: (id?: string) => void; fail: (error: Error) => void }[] = [];
  const answers: string[] = [];
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
  const made = makeOrgGate({
    clock,
    log,
    organizations: {
      known: (name) => known.get(name),
      resolve: (name) =>
        new Promise((resolve, reject) => {
          asked.push({ name, answer: resolve, fail: reject });
        }),
    },
  });
  const gate = (name: string, one: Asker): void => {
    made.admit(name, one);
  };
  const asker = (name: string, size = 100): Asker => ({
    size,
    admitted: (orgId) => answers.push(`${name} ${orgId}`),
    refused: (reason) => answers.push(`${name} ${reason}`),
  });
  return {
    clock,
    known,
    asked,
    answers,
    gate,
    asker,
    stop: () => {
      made.stop();
    },
  };
}

describe('from the name of an organization to its guid', () => {
  it('answers at once for a name that is known', () => {
    const { gate, asker, known, answers, asked } = setUp();
    known.set('acme', 'guid');
    gate('acme', asker('m'));
    assert.deepEqual([answers, asked], [['m guid'], []]);
  });

  it('asks once for many messages and lets them through in their order', async () => {
    const { gate, asker, known, answers, asked, clock } = setUp();
    gate('acme', asker('1'));
    gate('acme', asker('2'));
    // Meanwhile somebody else has found it: a later message must not overtake (Z4).
    known.set('acme', 'guid');
    gate('acme', asker('3'));
    assert.deepEqual(answers, []);
    asked[0]?.answer('guid');
    await turn();
    assert.deepEqual(answers, ['1 guid', '2 guid', '3 guid']);
    assert.equal(asked.length, 1);
    assert.equal(clock.waiting(), 0);
  });

  it('S6 refuses an organization that does not exist, or whose directory fails', async () => {
    const { gate, asker, answers, asked } = setUp();
    gate('ghosts', asker('1'));
    asked[0]?.answer(undefined);
    await turn();
    gate('acme', asker('2'));
    asked[1]?.fail(new Error('away'));
    await turn();
    assert.deepEqual(answers, ['1 unknown_organization', '2 organization_away']);
  });

  it('S6 does not wait longer than its deadline; a later answer is too late', async () => {
    const { gate, asker, answers, asked, clock } = setUp();
    gate('acme', asker('1'));
    await clock.advance(10_000);
    assert.deepEqual(answers, ['1 organization_away']);
    gate('acme', asker('2'));
    asked[0]?.answer('stale');
    await turn();
    asked[1]?.answer('guid');
    await turn();
    assert.deepEqual(answers, ['1 organization_away', '2 guid']);
  });

  it('S6 asks for at most 32 names at a time', () => {
    const { gate, asker, answers, asked } = setUp();
    for (let i = 0; i < 33; i++) gate(`org-${i}`, asker(`${i}`));
    assert.equal(asked.length, 32);
    assert.deepEqual(answers, ['32 too_many_organizations']);
  });

  it('S6 holds at most 20,000 messages', () => {
    const { gate, asker, answers } = setUp();
    for (let i = 0; i < 20_001; i++) gate('acme', asker(`${i}`, 1));
    assert.deepEqual(answers, ['20000 too_many_organizations']);
  });

  it('S6 holds at most 32 MiB, and again as much when those are gone', async () => {
    const { gate, asker, answers, asked } = setUp();
    const large = 20 * 1024 * 1024;
    gate('acme', asker('1', large));
    gate('acme', asker('2', large));
    assert.deepEqual(answers, ['2 too_many_organizations']);
    asked[0]?.answer('guid');
    await turn();
    gate('acme', asker('3', large));
    assert.equal(asked.length, 2);
    assert.deepEqual(answers.slice(1), ['1 guid']);
  });

  it('stops without a timer, and lets nothing through afterwards', async () => {
    const { gate, asker, answers, asked, clock, stop } = setUp();
    gate('acme', asker('1'));
    stop();
    asked[0]?.answer('guid');
    await turn();
    assert.deepEqual([answers, clock.waiting()], [[], 0]);
  });
});
