import { strict as assert } from 'node:assert';
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import fc from 'fast-check';
import {
  ProtocolError,
  SESSION_KEY_BYTES,
  unwrapSessionKey,
  wrapSessionKey,
  type EncodedSessionKey,
} from '@pushy/protocol';
import { chefVectors } from '../../helpers/chef-vectors.ts';

const { keys } = chefVectors;
const privateKey = createPrivateKey(keys.private);
const sessionKey = Buffer.from('01234567890123456789012345678901', 'ascii');
const encoded = (key: string): EncodedSessionKey => ({ method: 'hmac_sha256', key });

describe('A session key', () => {
  it('8.2 travels as one line of base64, with its method', () => {
    const { method, key } = wrapSessionKey(sessionKey, keys.spki);
    assert.equal(method, 'hmac_sha256');
    assert.match(key, /^[A-Za-z0-9+/]{342}==$/);
  });

  for (const form of ['pkcs1', 'spki', 'x509'] as const) {
    it(`is wrapped for the holder of a key in ${form} form`, () => {
      assert.deepEqual(
        unwrapSessionKey(wrapSessionKey(sessionKey, keys[form]), privateKey),
        sessionKey,
      );
    });
  }

  it('is wrapped for the holder of a key object', () => {
    const wrapped = wrapSessionKey(sessionKey, createPublicKey(keys.spki));
    assert.deepEqual(unwrapSessionKey(wrapped, createPrivateKey(keys.privatePkcs8)), sessionKey);
  });

  for (const modulusLength of [1024, 2048, 3072, 4096]) {
    it(`fits into a key of ${modulusLength} bits`, function () {
      this.timeout(60_000); // a key of 4096 bits takes its time
      const pair = generateKeyPairSync('rsa', { modulusLength });
      const wrapped = wrapSessionKey(sessionKey, pair.publicKey);
      assert.equal(Buffer.from(wrapped.key, 'base64').length, modulusLength / 8);
      assert.deepEqual(unwrapSessionKey(wrapped, pair.privateKey), sessionKey);
    });
  }

  it('comes back whatever its bytes are', () => {
    const any = fc.uint8Array({ minLength: SESSION_KEY_BYTES, maxLength: SESSION_KEY_BYTES });
    fc.assert(
      fc.property(any, (bytes) => {
        const key = Buffer.from(bytes);
        assert.deepEqual(unwrapSessionKey(wrapSessionKey(key, keys.spki), privateKey), key);
      }),
      { numRuns: 200 },
    );
  });

  it('is another text each time, for the padding is random', () => {
    const texts = new Set(
      Array.from({ length: 10 }, () => wrapSessionKey(sessionKey, keys.spki).key),
    );
    assert.equal(texts.size, 10);
  });
});

describe('A session key that was wrapped for someone else', () => {
  it('is 32 random bytes and no error: nothing is told', () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
    for (let i = 0; i < 50; i++) {
      const wrapped = wrapSessionKey(sessionKey, other.publicKey);
      const answers = [1, 2].map(() => unwrapSessionKey(wrapped, privateKey));
      for (const answer of answers) {
        assert.equal(answer.length, SESSION_KEY_BYTES);
        assert.notDeepEqual(answer, sessionKey);
      }
      assert.notDeepEqual(answers[0], answers[1]);
    }
  });

  it('is random bytes too where it is a number above the modulus, or none at all', () => {
    for (const byte of [0xff, 0x00]) {
      const block = Buffer.alloc(256, byte).toString('base64');
      assert.equal(unwrapSessionKey(encoded(block), privateKey).length, SESSION_KEY_BYTES);
    }
  });

  it('is random bytes too when it has another length than a session key', () => {
    for (const length of [0, 1, 31, 33, 64]) {
      const wrapped = wrapSessionKey(randomBytes(length), keys.spki);
      assert.equal(unwrapSessionKey(wrapped, privateKey).length, SESSION_KEY_BYTES);
    }
  });

  it('is refused where the text is not one block of the size of the key', () => {
    const texts = ['', 'AAAA', '!', Buffer.alloc(255).toString('base64')];
    for (const key of [...texts, Buffer.alloc(257, 1).toString('base64')]) {
      assert.throws(() => unwrapSessionKey(encoded(key), privateKey), {
        name: 'ProtocolError',
        code: 'bad_session_key',
        message: /has \d+ bytes, this RSA key unwraps 256/,
      });
    }
  });

  it('is refused by a key that cannot unwrap, and says why', () => {
    const wrapped = wrapSessionKey(sessionKey, keys.spki);
    assert.throws(
      () => unwrapSessionKey(wrapped, createSecretKey(Buffer.alloc(32))),
      /this RSA key unwraps 0/,
    );
    assert.throws(
      () => unwrapSessionKey(wrapped, createPublicKey(keys.spki)),
      (error) => error instanceof ProtocolError && error.cause instanceof Error,
    );
  });
});

describe('Wrapping', () => {
  it('throws for a key that is none', () => {
    for (const key of ['', 'nonsense', keys.spki.slice(0, 100)]) {
      assert.throws(() => wrapSessionKey(sessionKey, key), Error);
    }
  });
});
