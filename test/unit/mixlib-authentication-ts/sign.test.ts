import { strict as assert } from 'node:assert';
import { createPublicKey, generateKeyPairSync, createSecretKey, type KeyObject } from 'node:crypto';
import {
  signRequest,
  SigningError,
  SIGNATURE_VERSIONS,
  type SignatureVersion,
  type Signer,
  type SigningErrorCode,
} from 'mixlib-authentication-ts';
import { chefVectors } from '../../helpers/chef-vectors.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const key = chefVectors.keys.private;
const request = { method: 'GET', path: '/jobs' };

function refuses(signer: Signer, code: SigningErrorCode, message: RegExp): SigningError {
  try {
    signRequest(request, signer, NOW);
  } catch (error) {
    assert.ok(error instanceof SigningError);
    assert.equal(error.name, 'SigningError');
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return error;
  }
  assert.fail('signed');
}

describe('signRequest', () => {
  it('signs with 1.1 when no version is asked for', () => {
    const headers = signRequest(request, { userId: 'rose', key }, NOW);
    assert.equal(headers['X-Ops-Sign'], 'algorithm=sha1;version=1.1;');
    assert.deepEqual(headers, signRequest(request, { userId: 'rose', key, version: '1.1' }, NOW));
  });

  it('signs with 1.3 the server API version that it sends, and 0 when it sends none', () => {
    const signer: Signer = { userId: 'rose', key, version: '1.3' };
    const none = signRequest(request, signer, NOW);
    const zero = signRequest(request, signer, NOW, 0);
    const one = signRequest(request, signer, NOW, 1);
    assert.equal(none['X-Ops-Server-API-Version'], undefined);
    assert.equal(zero['X-Ops-Server-API-Version'], '0');
    assert.equal(one['X-Ops-Server-API-Version'], '1');
    assert.equal(none['X-Ops-Authorization-1'], zero['X-Ops-Authorization-1']);
    assert.notEqual(none['X-Ops-Authorization-1'], one['X-Ops-Authorization-1']);
  });

  it('signs no body as an empty one, a string as its UTF-8 bytes', () => {
    const signer: Signer = { userId: 'rose', key };
    const sign = (body?: string | Buffer): unknown =>
      signRequest({ ...request, ...(body === undefined ? {} : { body }) }, signer, NOW);
    assert.deepEqual(sign(), sign(''));
    assert.deepEqual(sign('é'), sign(Buffer.from('é', 'utf8')));
  });

  it('cuts the signature into lines of 60 characters', () => {
    const headers = signRequest(request, { userId: 'rose', key }, NOW);
    const lines = Object.entries(headers).filter(([name]) => name.includes('Authorization'));
    assert.deepEqual(
      lines.map(([name, value]) => [name, value.length]),
      [1, 2, 3, 4, 5, 6].map((n) => [`X-Ops-Authorization-${n}`, n < 6 ? 60 : 44]),
    );
  });

  it('sends a name outside ASCII in a form that node:http takes', () => {
    const headers = signRequest(request, { userId: 'éva', key }, NOW);
    assert.equal(headers['X-Ops-UserId'], '\u00c3\u00a9va');
  });

  it('takes PKCS#1 and PKCS#8 keys', () => {
    const pkcs8 = { userId: 'rose', key: chefVectors.keys.privatePkcs8 };
    assert.deepEqual(
      signRequest(request, pkcs8, NOW),
      signRequest(request, { userId: 'rose', key }, NOW),
    );
  });
});

describe('signRequest refuses', () => {
  for (const userId of ['', 'rose\n', 'ro\rse', 'rose\u0000', 'rose\u0085']) {
    it(`the user id ${JSON.stringify(userId)}`, () => {
      refuses({ userId, key }, 'bad_user_id', /user id is empty or holds control characters/);
    });
  }

  it('a key that is no PEM, and says why', () => {
    const error = refuses({ userId: 'rose', key: 'nonsense' }, 'bad_key', /not a private key/);
    assert.ok(error.cause instanceof Error);
  });

  const keys: Record<string, () => KeyObject | string> = {
    'a public key': () => createPublicKey(key),
    'a secret key': () => createSecretKey(Buffer.alloc(32)),
    'an elliptic key': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    'a PSS key': () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey,
  };
  for (const [title, make] of Object.entries(keys)) {
    it(title, () => {
      const error = refuses({ userId: 'rose', key: make() }, 'bad_key', /not an RSA private key/);
      assert.equal(error.cause, undefined);
    });
  }

  it('a version that nobody knows', () => {
    const version: string = '1.4';
    refuses(
      { userId: 'rose', key, version: version as SignatureVersion },
      'unsupported_version',
      /unknown signature version '1\.4'/,
    );
  });

  it('a text that does not fit into the key, in 1.0 alone of the four', () => {
    const userId = 'n'.repeat(200);
    refuses({ userId, key, version: '1.0' }, 'text_too_long', /take version 1\.3 or a longer key/);
    for (const version of SIGNATURE_VERSIONS.filter((v) => v !== '1.0')) {
      assert.equal(signRequest(request, { userId, key, version }, NOW)['X-Ops-UserId'], userId);
    }
  });
});
