import assert from 'node:assert/strict';
import { makeSettings } from '../../../../knife-bridge/src/knife-config/settings.ts';

describe('makeSettings', () => {
  const settings = makeSettings(
    new Map<string, unknown>([
      ['text', 'x'],
      ['number', 7],
      ['digits', '0.5'],
      ['minus', -1],
      ['blank', ' '],
      ['flag', true],
      ['word', 'false'],
      ['nil', null],
      ['list', ['x']],
    ]),
    (name) => `knife[:${name}]`,
  );

  it('reads what is there as what it should be', () => {
    assert.deepEqual([settings.text('text'), settings.text('number')], ['x', '7']);
    assert.deepEqual([settings.number('number'), settings.number('digits')], [7, 0.5]);
    assert.deepEqual([settings.flag('flag'), settings.flag('word')], [true, false]);
  });

  it('takes nil for absent', () => {
    for (const name of ['nil', 'absent']) {
      assert.equal(settings.text(name), undefined);
      assert.equal(settings.number(name), undefined);
      assert.equal(settings.flag(name), undefined);
    }
  });

  it('names a setting of another kind, and its value', () => {
    assert.throws(() => settings.text('list'), /knife\[:list\] is not a text: \["x"\]/);
    assert.throws(() => settings.number('text'), /knife\[:text\] is not a number: "x"/);
    assert.throws(() => settings.number('minus'), /not a number: -1/);
    assert.throws(() => settings.number('blank'), /not a number/);
    assert.throws(() => settings.flag('number'), /not true or false: 7/);
  });
});
