import assert from 'node:assert/strict';
import { asJson, figure } from '../../bench/figure.ts';
import { percentile } from '../../bench/percentile.ts';
import { describe as asLine, title } from '../../bench/table.ts';
import { timeLimit } from '../../bench/time-limit.ts';

const measured = { bench: 'job', nodes: 1_000, figure: 'POST to all results', unit: 'ms' };

describe('a figure', () => {
  it('is judged by its ratio to the limit program where there is one', () => {
    const good = figure({ ...measured, value: 300 }, 100, 3);
    assert.deepEqual([good.ratio, good.met], [3, true]);
    const bad = figure({ ...measured, value: 301 }, 100, 3);
    assert.deepEqual([bad.ratio, bad.met], [3.01, false]);
  });

  it('is judged by its value where there is no limit program, and not at all without a goal', () => {
    const alone = figure({ ...measured, value: 21 }, null, 20);
    assert.deepEqual([alone.limit, alone.ratio, alone.met], [null, null, false]);
    assert.equal(figure({ ...measured, value: 21 }, null, null).met, null);
  });

  it('is one line of JSON with nine names in one order, whatever the order it was made in', () => {
    const f = figure({ unit: 'ms', value: 1.5, figure: 'a "b"\nc', nodes: 0, bench: 'x' }, null, 2);
    const line = asJson(f);
    assert.doesNotMatch(line, /\n/);
    assert.deepEqual(Object.keys(JSON.parse(line) as object), [
      'bench',
      'nodes',
      'figure',
      'value',
      'unit',
      'limit',
      'ratio',
      'goal',
      'met',
    ]);
  });
});

describe('the table of figures', () => {
  it('has its columns under their heads, and says what is not met', () => {
    const line = asLine(figure({ ...measured, value: 401.4 }, 100, 3));
    assert.match(line, /POST to all results +1000 +401 ms +100 +4\.01 +<= 3\.00 {2}NOT met$/);
    assert.equal(
      line.indexOf('401 ms') + 'ms 401'.length,
      title().indexOf('value') + 'value'.length,
    );
  });

  it('leaves what there is not empty', () => {
    const line = asLine(figure({ ...measured, nodes: 0, value: 0.5 }, null, null));
    assert.match(line, /^ {2}POST to all results +0\.50 ms +$/);
  });
});

describe('the time of a bench', () => {
  it('is bounded, and that of all quick ones together ends within 25 minutes', () => {
    assert.equal(timeLimit(false, true, 1e7, 0), 1_500_000);
    assert.equal(timeLimit(true, false, 0, 0), 300_000);
  });

  it('is left to each of eleven quick ones, though all before it hang', () => {
    let spent = 0;
    for (let after = 10; after >= 0; after--) {
      const limit = timeLimit(true, true, spent, after) ?? 0;
      assert.ok(limit >= 60_000, `${limit} ms with ${after} to come`);
      spent += limit;
    }
    assert.ok(spent < 24 * 60_000, `${spent} ms`);
    assert.equal(timeLimit(true, true, spent, 0), undefined);
  });
});

describe('a percentile', () => {
  it('is the value that so many per cent of the values do not exceed', () => {
    const values = [5, 1, 4, 2, 3];
    assert.deepEqual(
      [percentile(values, 50), percentile(values, 99), percentile([], 50)],
      [3, 5, NaN],
    );
  });
});
