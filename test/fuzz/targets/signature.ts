import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import {
  canonicalPath,
  readSignedHeaders,
  signRequest,
  SIGNATURE_VERSIONS,
  verifyRequest,
} from 'mixlib-authentication-ts';
import { newKeyPair } from '../../helpers/keys.ts';
import { corpusOf, hostileText, hostileTextNear } from '../hostile.ts';
import { makeTarget, type FuzzTarget } from '../target.ts';

const now = Date.UTC(2026, 0, 1);
const skew = 900_000;
const [alice, eve] = [newKeyPair(), newKeyPair()];
const keys = { alice: createPublicKey(alice.publicKey), eve: createPublicKey(eve.publicKey) };
const request = { method: 'POST', path: '/organizations/acme/pushy/jobs', body: '{"a":1}' };

type Headers = Record<string, string | string[] | undefined>;
interface Asked {
  headers: Headers;
  method: string;
  path: string;
  body: string;
}

const signed = SIGNATURE_VERSIONS.map((version) =>
  Object.fromEntries(
    Object.entries(
      signRequest(request, { userId: 'alice', key: alice.privateKey, version }, now),
    ).map(([name, value]) => [name.toLowerCase(), value]),
  ),
);
/** A request of one version has one signature: another text for it would be an alias. */
const signatures = signed.map((headers) =>
  Object.entries(headers)
    .filter(([name]) => name.startsWith('x-ops-authorization-'))
    .map(([, line]) => line)
    .join(''),
);
const names = [...new Set(signed.flatMap((headers) => Object.keys(headers)))];

/** The header parser and the check of a signature: requests near four that were signed (REFERENCE 4). */
export function signatureTarget(): FuzzTarget {
  const change = fc.tuple(
    fc.constantFrom(...names, 'x-ops-authorization-2', 'x-ops-server-api-version'),
    fc.oneof(
      hostileTextNear([...corpusOf('sign').map(String), '2026-01-01T00:00:00Z', 'alice']),
      fc.array(hostileText, { maxLength: 3 }),
      fc.constant(undefined),
    ),
  );
  const inputs = fc
    .record({
      headers: fc.constantFrom(...signed),
      changes: fc.array(change, { maxLength: 2 }),
      method: fc.oneof({ weight: 9, arbitrary: fc.constant('POST') }, hostileText),
      path: fc.oneof(
        { weight: 4, arbitrary: fc.constant(request.path) },
        hostileTextNear([request.path, '//organizations//acme/pushy/jobs/?x=1']),
      ),
      body: fc.oneof({ weight: 4, arbitrary: fc.constant(request.body) }, hostileText),
    })
    .map(({ headers, changes, ...rest }): Asked => {
      const changed = { ...headers, ...Object.fromEntries(changes) };
      return { headers: changed, ...rest };
    });
  return makeTarget<Asked>({
    name: 'signature',
    share: 15,
    inputs,
    corpus: corpusOf('sign').flatMap((sign) =>
      signed.map((headers) => ({
        ...request,
        headers: { ...headers, 'x-ops-sign': sign.toString('latin1') },
      })),
    ),
    check: checkAsked,
  });
}

function checkAsked({ headers, method, path, body }: Asked): void {
  const read = readSignedHeaders(headers, now, skew);
  if (!read.ok) {
    const { refusal } = read;
    if (refusal.reason === 'missing') assert.ok(refusal.headers.length > 0);
    return;
  }
  const received = { method, path, body: Buffer.from(body) };
  assert.equal(verifyRequest(read.value, received, keys.eve), false);
  if (!verifyRequest(read.value, received, keys.alice)) return;
  // What alice signed, and nothing else.
  assert.equal(method.toUpperCase(), 'POST');
  assert.equal(canonicalPath(path), request.path);
  assert.equal(body, request.body);
  assert.equal(read.value.userId, 'alice');
  assert.ok(signatures.includes(read.value.signature));
}
