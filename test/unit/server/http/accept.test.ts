import assert from 'node:assert/strict';
import { accepts } from '../../../../server/src/http/accept.ts';

describe('Accept (REFERENCE 7)', () => {
  const json: readonly (readonly [header: string | undefined, admitted: boolean])[] = [
    [undefined, true],
    ['', true],
    ['*/*', true],
    ['*', true],
    ['application/json', true],
    ['APPLICATION/JSON', true],
    ['application/*', true],
    ['application/json; charset=utf-8', true],
    ['text/html, application/json;q=0.9', true],
    ['text/html, */*;q=0.1', true],
    ['*/*;q=0, application/json', true],
    ['text/html', false],
    ['text/*', false],
    ['application/octet-stream', false],
    ['application/json;q=0', false],
    ['*/*, application/json;q=0', false],
    ['application', false],
    ['garbage;;;', false],
  ];
  for (const [header, admitted] of json) {
    it(`${admitted ? 'admits' : 'does not admit'} JSON: ${String(header)}`, () => {
      assert.equal(accepts(header, 'application/json'), admitted);
    });
  }

  it('admits octets where they are named', () => {
    assert.equal(accepts('application/octet-stream', 'application/octet-stream'), true);
    assert.equal(accepts('application/json', 'application/octet-stream'), false);
  });
});
