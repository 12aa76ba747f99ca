import { strict as assert } from 'node:assert';
import { digest } from '../../../mixlib-authentication-ts/src/digest.ts';

describe('digest', () => {
  it('answers base64 on one line', () => {
    assert.equal(digest('sha1', ''), '2jmj7l5rSw0yVb/vlWAYkK/YBwk=');
    assert.equal(digest('sha256', ''), '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
  });

  it('hashes a string as its UTF-8 bytes', () => {
    assert.equal(digest('sha256', 'é✓'), digest('sha256', Buffer.from('é✓', 'utf8')));
  });
});
