import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { CurveKeys } from '../link/session.ts';

const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
/** What stands before the 32 bytes of a private X25519 key in DER (RFC 8410). */
const DER_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');

/**
 * The CURVE pair of the doctor of one node: always the same. A server keeps the newest few keys of a node; a new one
 * with every look would push out that of the running agent.
 */
export function doctorKeys(clientKey: KeyObject): CurveKeys {
  const secret = clientKey.export({ type: 'pkcs8', format: 'der' });
  const seed = Buffer.from(hkdfSync('sha256', secret, '', 'pushy-client doctor: CURVE', 32));
  const pair = createPrivateKey({
    key: Buffer.concat([DER_HEAD, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(pair).export({ type: 'spki', format: 'der' }).subarray(-32);
  return { publicKey: encode(publicKey), secretKey: encode(seed) };
}

/** Five characters for each four bytes. */
function encode(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    let value = bytes.readUInt32BE(at);
    let group = '';
    for (let i = 0; i < 5; i++, value = Math.floor(value / 85))
      group = Z85.charAt(value % 85) + group;
    text += group;
  }
  return text;
}
