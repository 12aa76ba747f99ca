import { strict as assert } from 'node:assert';
import { createPublicKey, createSecretKey, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import {
  readSignedHeaders,
  signRequest,
  SIGNATURE_VERSIONS,
  verifyRequest,
  type ReceivedRequest,
  type SignatureVersion,
  type SignedHeaders,
} from 'mixlib-authentication-ts';
import { canonicalText } from '../../../mixlib-authentication-ts/src/canonical.ts';
import { asReceived, chefVectors } from '../../helpers/chef-vectors.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const { keys } = chefVectors;
const publicKey = createPublicKey(keys.spki);
const request: ReceivedRequest = {
  method: 'POST',
  path: '/organizations/acme/pushy/jobs',
  body: Buffer.from('{"command":"chef-client"}'),
};

function signed(version: SignatureVersion, of = request, userId = 'rose'): SignedHeaders {
  const headers = signRequest(of, { userId, key: keys.private, version }, NOW, 1);
  const read = readSignedHeaders(asReceived(headers), NOW, 900_000);
  assert.ok(read.ok);
  return read.value;
}

for (const version of SIGNATURE_VERSIONS) {
  describe(`A request signed with ${version}`, () => {
    const header = signed(version);

    for (const name of ['spki', 'pkcs1', 'x509'] as const) {
      it(`verifies with the ${name} form of the key`, () => {
        assert.equal(verifyRequest(header, request, keys[name]), true);
      });
    }

    it('verifies with a key object', () => {
      assert.equal(verifyRequest(header, request, publicKey), true);
    });

    const sameRequest: Record<string, Partial<ReceivedRequest>> = {
      'the method in lower case': { method: 'post' },
      'doubled slashes': { path: '//organizations/acme//pushy/jobs' },
      'a slash at the end': { path: '/organizations/acme/pushy/jobs/' },
      'a query': { path: '/organizations/acme/pushy/jobs?include_file=true' },
    };
    for (const [title, change] of Object.entries(sameRequest)) {
      it(`verifies with ${title}`, () => {
        assert.equal(verifyRequest(header, { ...request, ...change }, publicKey), true);
      });
    }

    const otherRequest: Record<string, Partial<ReceivedRequest>> = {
      'another method': { method: 'PUT' },
      'another path': { path: '/organizations/ACME/pushy/jobs' },
      'another body': { body: Buffer.from('{"command":"chef-cliemt"}') },
      'no body': { body: Buffer.alloc(0) },
    };
    for (const [title, change] of Object.entries(otherRequest)) {
      it(`does not verify with ${title}`, () => {
        assert.equal(verifyRequest(header, { ...request, ...change }, publicKey), false);
      });
    }

    const otherHeaders: Record<string, Partial<SignedHeaders>> = {
      'another user': { userId: 'jack' },
      'another timestamp': { timestamp: '2026-01-02T03:04:06Z' },
      'the same time written otherwise': { timestamp: '2026-01-02T03:04:05' },
      'no signature': { signature: '' },
      'a signature cut short': { signature: header.signature.slice(0, -4) },
      'a signature with a line too much': { signature: `${header.signature}AAAA` },
      'a signature that is no base64': { signature: '!'.repeat(344) },
      'a signature that is larger than the modulus': {
        signature: Buffer.alloc(256, 0xff).toString('base64'),
      },
    };
    for (const [title, change] of Object.entries(otherHeaders)) {
      it(`does not verify with ${title}`, () => {
        assert.equal(verifyRequest({ ...header, ...change }, request, publicKey), false);
      });
    }

    for (const other of SIGNATURE_VERSIONS.filter((v) => v !== version)) {
      it(`does not verify as ${other}`, () => {
        const claim = { ...header, version: other, contentHash: signed(other).contentHash };
        assert.equal(verifyRequest(claim, request, publicKey), false);
      });
    }

    const compares = version === '1.0' || version === '1.1';
    it(`4.1 ${compares ? 'needs' : 'ignores'} the value of X-Ops-Content-Hash`, () => {
      const claim = { ...header, contentHash: 'AAAA' };
      assert.equal(verifyRequest(claim, request, publicKey), !compares);
    });

    const signsApi = version === '1.3';
    it(`4.1 ${signsApi ? 'holds' : 'does not hold'} the server API version`, () => {
      for (const serverApiVersion of [0, Number.NaN]) {
        const claim = { ...header, serverApiVersion };
        assert.equal(verifyRequest(claim, request, publicKey), !signsApi);
      }
    });

    it('does not verify with another RSA key', () => {
      const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
      assert.equal(verifyRequest(header, request, other), false);
    });

    const badKeys: Record<string, string> = {
      'an empty key': '',
      'a key that is no PEM': 'nonsense',
      'a PEM cut short': keys.spki.slice(0, 200),
      'a certificate with a broken body': keys.x509.replace(/\n.{20}/, '\n'),
    };
    for (const [title, pem] of Object.entries(badKeys)) {
      it(`does not verify with ${title}, and does not throw`, () => {
        assert.equal(verifyRequest(header, request, pem), false);
      });
    }

    it('does not verify with a key of another kind, and does not throw', () => {
      assert.equal(verifyRequest(header, request, createSecretKey(Buffer.alloc(32))), false);
      const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey;
      assert.equal(verifyRequest(header, request, pss), false);
    });

    it('verifies whatever the request was', () => {
      const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
      const path = fc.webPath().map((text) => `/${text}`);
      const userId = fc.string({ minLength: 1, maxLength: 30 }).filter((id) => id.trim() !== '');
      fc.assert(
        fc.property(body, path, userId, (body, path, userId) => {
          const any = { method: 'PUT', path, body };
          assert.equal(verifyRequest(signed(version, any, userId), any, publicKey), true);
        }),
        { numRuns: 100 },
      );
    });
  });
}

describe('Verifying', () => {
  it('takes no ECDSA signature, which the same call of OpenSSL would accept', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const header = signed('1.3');
    const text = canonicalText({ ...request, ...header });
    const signature = sign('sha256', Buffer.from(text), pair.privateKey).toString('base64');
    assert.equal(verifyRequest({ ...header, signature }, request, pair.publicKey), false);
  });

  it('takes a path and a user id in UTF-8 as node:http hands them over', () => {
    const wire = (text: string): string => Buffer.from(text).toString('latin1');
    for (const version of SIGNATURE_VERSIONS) {
      const header = signed(version, { ...request, path: '/日本/é' }, 'éva');
      assert.equal(header.userId, 'éva');
      assert.equal(verifyRequest(header, { ...request, path: wire('/日本/é') }, publicKey), true);
      assert.equal(verifyRequest(header, { ...request, path: '/日本/é' }, publicKey), true);
    }
  });

  it('never throws, whatever is claimed', () => {
    const text = fc.string({ unit: 'binary' });
    const claim: fc.Arbitrary<SignedHeaders> = fc.record({
      userId: text,
      timestamp: text,
      version: fc.constantFrom(...SIGNATURE_VERSIONS),
      contentHash: fc.oneof(text, fc.constant(signed('1.0').contentHash)),
      signature: fc.oneof(text, fc.base64String(), fc.constant(signed('1.0').signature)),
      serverApiVersion: fc.double(),
    });
    const pem = fc.oneof(text, fc.constantFrom(keys.spki, keys.pkcs1, keys.x509));
    fc.assert(
      fc.property(claim, text, text, pem, (header, method, path, pem) => {
        assert.equal(verifyRequest(header, { ...request, method, path }, pem), false);
      }),
      { numRuns: 500 },
    );
  });
});
