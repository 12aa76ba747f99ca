import assert from 'node:assert/strict';
import { readQuery, type QuerySchema } from '../../../../server/src/http/query.ts';

const SCHEMA: QuerySchema = {
  properties: {
    detail: { type: 'boolean' },
    limit: { type: 'integer', minimum: 1, maximum: 10 },
    count: { type: 'integer' },
    status: { enum: ['new', 'running'] },
    name: { type: 'string', maxLength: 3 },
    any: { type: 'string' },
  },
};

const read = (given: Record<string, unknown>): unknown => {
  const query = readQuery(SCHEMA, given);
  return query.ok ? query.value : query.answer.json;
};

describe('the query of a request', () => {
  it('reads each member as its schema says', () => {
    assert.deepEqual(
      read({ detail: 'true', limit: '10', status: 'new', name: 'abc', any: 'x'.repeat(5000) }),
      { detail: true, limit: 10, status: 'new', name: 'abc', any: 'x'.repeat(5000) },
    );
    assert.deepEqual(read({ detail: 'false', count: '0' }), { detail: false, count: 0 });
  });

  it('ignores what the schema does not name, and takes the first of a name given twice', () => {
    assert.deepEqual(read({ version: '2.0', limit: ['2', 'x'], toString: 'y' }), { limit: 2 });
    assert.deepEqual(readQuery(undefined, { limit: 'x' }), { ok: true, value: {} });
  });

  for (const [name, value, wanted] of [
    ['detail', 'yes', 'true or false'],
    ['detail', '', 'true or false'],
    ['limit', '0', 'a whole number from 1 to 10'],
    ['limit', '11', 'a whole number from 1 to 10'],
    ['limit', '-1', 'a whole number from 1 to 10'],
    ['limit', '1.5', 'a whole number from 1 to 10'],
    ['limit', '1e1', 'a whole number from 1 to 10'],
    ['count', '99999999999999999', `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`],
    ['status', 'done', 'new, running'],
    ['name', 'long', 'at most 3 characters'],
  ] as const) {
    it(`refuses ${name}=${value} and says what it expected`, () => {
      assert.deepEqual(read({ [name]: value }), {
        error: [`invalid value for ${name} (expected ${wanted})`],
      });
    });
  }
});
