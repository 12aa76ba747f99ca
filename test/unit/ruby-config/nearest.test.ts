import assert from 'node:assert/strict';
import { nearestName } from '@pushy/ruby-config';

describe('the name that was meant', () => {
  const known = ['whitelist', 'whitelist_match', 'node_name', 'lock', 'ha', 'log_level'];
  for (const [written, meant] of [
    ['whitelst', 'whitelist'],
    ['whitelists', 'whitelist'],
    ['white_list', 'whitelist'],
    ['Whitelist', 'whitelist'],
    ['whiltelits', 'whitelist'],
    ['whitelist_mach', 'whitelist_match'],
    ['lokc', 'lock'],
    ['lck', 'lock'],
    ['locksy', undefined],
    ['hb', undefined],
    ['log', undefined],
    ['wlist', undefined],
    ['', undefined],
  ] as const) {
    it(`of ${written || 'nothing'} is ${meant ?? 'not known'}`, () => {
      assert.equal(nearestName(written, known), meant);
    });
  }

  it('is the nearest of several', () => {
    assert.equal(nearestName('port_numbers', ['part_number', 'port_number']), 'port_number');
  });
});
