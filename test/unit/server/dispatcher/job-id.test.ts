import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { makeJobId } from '../../../../server/src/dispatcher/job-id.ts';

describe('job ids (REFERENCE 10)', () => {
  const guid = '0123456789abcdef0123456789abcdef';

  it('10 are the end of the guid and 80 bits of MD5(guid + 38 random bytes)', () => {
    const random = randomBytes(38);
    const md5 = createHash('md5')
      .update(Buffer.concat([Buffer.from(guid), random]))
      .digest('hex');
    assert.equal(makeJobId(guid, random), `456789abcdef${md5.slice(0, 20)}`);
  });

  it('10 are 32 lower-case hex characters for any organization', () => {
    for (const orgId of [guid, 'DEFAULT', '', guid.toUpperCase(), 'größe-größe-größe']) {
      assert.match(makeJobId(orgId, randomBytes(38)), /^[0-9a-f]{32}$/);
    }
  });

  it('10 differ from one another', () => {
    const ids = Array.from({ length: 1000 }, () => makeJobId(guid, randomBytes(38)));
    assert.equal(new Set(ids).size, 1000);
  });
});
