import assert from 'node:assert/strict';
import { ownAddress } from '../../../../server/src/http/own-address.ts';

describe('the address in uri (REFERENCE 8.3)', () => {
  const rows: readonly (readonly [headers: Record<string, string>, address: string])[] = [
    [{ host: 'a' }, 'http://a'],
    [{ host: 'a:10003' }, 'http://a:10003'],
    [{ host: 'a:80' }, 'http://a'],
    [{ host: 'a:443' }, 'http://a'],
    [{ host: '[::1]:10003' }, 'http://[::1]:10003'],
    [{ host: '[::1]:443' }, 'http://[::1]'],
    [{ host: 'a', 'x-forwarded-proto': 'https' }, 'https://a'],
    [{ host: 'a', 'x-forwarded-proto': 'https, http' }, 'https://a'],
    [{ host: 'a', 'x-forwarded-proto': '' }, 'http://a'],
    [{ host: 'a', 'x-forwarded-host': 'b' }, 'http://b'],
    [{ host: 'a', 'x-forwarded-host': 'b:8443, c', 'x-forwarded-server': 'd' }, 'http://b:8443'],
    [{ host: 'a', 'x-forwarded-server': 'd' }, 'http://d'],
    [{ host: 'a', 'x-forwarded-host': '' }, 'http://a'],
    [{}, 'http://fallback'],
  ];
  for (const [headers, address] of rows) {
    it(`${JSON.stringify(headers)} gives ${address}`, () => {
      assert.equal(ownAddress(headers, 'fallback'), address);
    });
  }
});
