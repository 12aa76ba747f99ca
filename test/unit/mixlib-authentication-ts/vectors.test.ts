import { strict as assert } from 'node:assert';
import {
  canonicalPath,
  readSignedHeaders,
  signRequest,
  SIGNATURE_VERSIONS,
  verifyRequest,
} from 'mixlib-authentication-ts';
import { asReceived, chefVectors } from '../../helpers/chef-vectors.ts';

const NOW = Date.parse(chefVectors.timestamp);
const { keys, vectors } = chefVectors;

describe('Recorded requests', () => {
  it('cover every version', () => {
    assert.deepEqual([...new Set(vectors.map((v) => v.version))].sort(), [...SIGNATURE_VERSIONS]);
  });

  for (const vector of vectors) {
    const body = Buffer.from(vector.body, 'base64');
    const { method, path, userId, version } = vector;

    describe(`${version} by ${vector.signedBy}: ${vector.name}`, () => {
      it('has the canonical path that the other side signed', () => {
        assert.equal(canonicalPath(path), vector.canonicalPath);
      });

      it('verifies', () => {
        const read = readSignedHeaders(asReceived(vector.headers), NOW, 900_000);
        assert.ok(read.ok);
        assert.equal(verifyRequest(read.value, { method, path, body }, keys.spki), true);
      });

      it('is signed by us with the very same headers', () => {
        const api = version === '1.3' ? 1 : undefined;
        const signer = { userId, key: keys.private, version };
        const ours = signRequest({ method, path, body }, signer, NOW, api);
        assert.deepEqual(asReceived(ours), asReceived(vector.headers));
      });
    });
  }
});
