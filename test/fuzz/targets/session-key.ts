import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import fc from 'fast-check';
import { ProtocolError, unwrapSessionKey, wrapSessionKey } from '@pushy/protocol';
import { newKeyPair } from '../../helpers/keys.ts';
import { hostileBytes, hostileText } from '../hostile.ts';
import { makeTarget, type FuzzTarget } from '../target.ts';

/** `unwrapSessionKey`: 32 bytes or the one error that it declares (REFERENCE 8.2). */
export function sessionKeyTarget(): FuzzTarget {
  const pair = newKeyPair();
  const key = createPrivateKey(pair.privateKey);
  const wrapped = Buffer.from(wrapSessionKey(Buffer.alloc(32, 1), pair.publicKey).key, 'base64');
  return makeTarget<string>({
    name: 'session key',
    // Each costs a millisecond of RSA.
    share: 0.5,
    inputs: fc.oneof(
      hostileBytes([wrapped]).map((bytes) => bytes.toString('base64')),
      fc
        .uint8Array({ minLength: 256, maxLength: 256 })
        .map((b) => Buffer.from(b).toString('base64')),
      hostileText,
    ),
    corpus: ['', Buffer.alloc(256).toString('base64'), Buffer.alloc(256, 255).toString('base64')],
    check: (text) => {
      try {
        const opened = unwrapSessionKey({ method: 'hmac_sha256', key: text }, key);
        assert.equal(opened.length, 32);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
      }
    },
  });
}
