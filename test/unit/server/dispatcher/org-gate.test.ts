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
  const asker = (name: string, size = 100, from = name): Asker => ({
    from,
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

  it('S6 asks for at most 32 names at a time, the others in their order', async () => {
    const { gate, asker, answers, asked } = setUp();
    for (let i = 0; i < 34; i++) gate(`org-${i}`, asker(`${i}`));
    assert.equal(asked.length, 32);
    asked[5]?.answer('guid');
    await turn();
    asked[6]?.answer(undefined);
    await turn();
    assert.deepEqual(
      asked.slice(32).map(({ name }) => name),
      ['org-32', 'org-33'],
    );
    assert.deepEqual(answers, ['5 guid', '6 unknown_organization']);
  });

  it('S6 lets 1,024 further names wait, and as long as those that are asked for', async () => {
    const { gate, asker, answers, asked, clock } = setUp();
    for (let i = 0; i < 32 + 1024 + 1; i++) gate(`org-${i}`, asker(`${i}`));
    assert.deepEqual(answers, ['1056 too_many_organizations']);
    await clock.advance(10_000);
    assert.equal(answers.length, 32 + 1024 + 1);
    assert.equal(asked.length, 32 + 1024);
    assert.equal(clock.waiting(), 0);
  });

  it('S6 lets a connection wait for one name at a time, with 16 messages', async () => {
    const { gate, asker, answers, asked } = setUp();
    for (let i = 0; i < 40; i++) gate(`org-${i}`, asker(`${i}`, 100, 'hostile'));
    assert.equal(asked.length, 1);
    assert.equal(answers.length, 39);
    for (let i = 0; i < 20; i++) gate('acme', asker(`m${i}`, 100, 'busy'));
    assert.equal(answers.length, 39 + 4);
    asked[0]?.answer('guid');
    await turn();
    gate('other', asker('again', 100, 'hostile'));
    assert.equal(asked.at(-1)?.name, 'other');
  });

  it('S6 strangers do not hold up an organization that was there before', async () => {
    const { gate, asker, answers, asked, known } = setUp();
    known.set('acme', 'guid');
    gate('acme', asker('1'));
    // The answer is not remembered any longer (H10).
    known.clear();
    for (let i = 0; i < 2000; i++) gate(`ghost-${i}`, asker(`g${i}`));
    answers.length = 0;
    gate('acme', asker('2'));
    asked.find(({ name }) => name === 'acme')?.answer('guid');
    await turn();
    assert.deepEqual(answers, ['2 guid']);
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
