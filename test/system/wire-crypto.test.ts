import { strict as assert } from 'node:assert';
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  formatHttpDate,
  open,
  parseHttpDate,
  seal,
  unwrapSessionKey,
  wrapSessionKey,
} from '@pushy/protocol';
import fc from 'fast-check';
import { chefVectors } from '../helpers/chef-vectors.ts';
import { runOk } from '../helpers/run.ts';
import { useRubyPeer } from './harness/ruby-peer.ts';
import { useScene } from './harness/scene.ts';

const { keys } = chefVectors;
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const timestamp = formatHttpDate(NOW);
const privateKey = createPrivateKey(keys.private);
const publicKey = createPublicKey(keys.spki);
const sessionKeys = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes));
const bodies = fc
  .record({ text: fc.string({ unit: 'grapheme' }), more: fc.jsonValue() })
  .map((said) => JSON.stringify({ ...said, timestamp }));

const base64 = (data: Buffer | string): string => Buffer.from(data).toString('base64');
const sha1 = (body: string): string => createHash('sha1').update(body).digest('base64');

/** The reference agent signs and decrypts with Ruby's OpenSSL: it opens what we make, and we what it makes. */
describe("Ruby's OpenSSL", function () {
  this.timeout(60_000);
  const ruby = useRubyPeer();

  const rsa = async (operation: string, key: string, data: string): Promise<Buffer> =>
    Buffer.from((await ruby.ask(operation, { key, data })) as string, 'base64');

  it('15.2 public-decrypts our rsa2048_sha1 to the 28 characters of the SHA-1', () =>
    fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const header = seal(body, { rsa2048_sha1: privateKey })[0].toString('latin1');
        const signature = header.replace('Version:2.0;SigningMethod:rsa2048_sha1;Signature:', '');
        const text = (await rsa('public_decrypt', keys.spki, signature)).toString('latin1');
        assert.equal(text, sha1(body));
        assert.equal(text.length, 28);
      }),
      { numRuns: 50 },
    ));

  it('15.2 private-encrypts a broadcast that we open', () =>
    fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const signature = await rsa('private_encrypt', keys.private, base64(sha1(body)));
        const header = `Version:2.0;SigningMethod:rsa2048_sha1;Signature:${base64(signature)}`;
        const opened = open(
          [Buffer.from(header), Buffer.from(body)],
          { rsa2048_sha1: publicKey },
          NOW,
        );
        assert.deepEqual(opened, { ok: true, value: JSON.parse(body) as unknown });
      }),
      { numRuns: 50 },
    ));

  it('15.2 makes our hmac_sha256', () =>
    fc.assert(
      fc.asyncProperty(sessionKeys, bodies, async (key, body) => {
        const parameters = { key: base64(key), data: base64(body) };
        const signature = (await ruby.ask('hmac_sha256', parameters)) as string;
        const [header] = seal(body, { hmac_sha256: key });
        assert.equal(
          header.toString('latin1'),
          `Version:2.0;SigningMethod:hmac_sha256;Signature:${signature}`,
        );
      }),
      { numRuns: 200 },
    ));

  it('15.3 decrypts a session key that we wrapped', () =>
    fc.assert(
      fc.asyncProperty(sessionKeys, async (key) => {
        const wrapped = wrapSessionKey(key, keys.pkcs1);
        assert.deepEqual(await rsa('private_decrypt', keys.private, wrapped.key), key);
      }),
      { numRuns: 50 },
    ));

  it('15.3 encrypts a session key that we unwrap', () =>
    fc.assert(
      fc.asyncProperty(sessionKeys, async (sessionKey) => {
        const key = base64(await rsa('public_encrypt', keys.spki, base64(sessionKey)));
        const unwrapped = unwrapSessionKey({ method: 'hmac_sha256', key }, privateKey);
        assert.deepEqual(unwrapped, sessionKey);
      }),
      { numRuns: 100 },
    ));

  it('10 writes the dates that we write and read', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 4_102_444_800 }), async (seconds) => {
        const date = (await ruby.ask('httpdate', { ms: seconds * 1000 })) as string;
        assert.equal(formatHttpDate(seconds * 1000), date);
        assert.equal(parseHttpDate(date), seconds * 1000);
      }),
      { numRuns: 200 },
    ));
});

describe('The openssl command', function () {
  this.timeout(60_000);
  const scene = useScene();
  let dir: string;
  const sessionKey = Buffer.from('01234567890123456789012345678901', 'ascii');
  const pkeyutl = (...args: string[]): Promise<unknown> =>
    runOk('openssl', ['pkeyutl', '-pkeyopt', 'rsa_padding_mode:pkcs1', ...args], {
      cwd: dir,
      timeoutMs: 10_000,
    });

  before(async () => {
    dir = await scene.subdir('openssl');
    await writeFile(join(dir, 'private.pem'), keys.private, { mode: 0o600 });
    await writeFile(join(dir, 'x509.pem'), keys.x509);
    await writeFile(join(dir, 'plain'), sessionKey);
  });

  it('15.3 wraps a session key, for a certificate, that we unwrap', async () => {
    await pkeyutl('-encrypt', '-certin', '-inkey', 'x509.pem', '-in', 'plain', '-out', 'theirs');
    const key = base64(await readFile(join(dir, 'theirs')));
    assert.deepEqual(unwrapSessionKey({ method: 'hmac_sha256', key }, privateKey), sessionKey);
  });

  it('15.3 unwraps a session key that we wrapped for the certificate', async () => {
    const { key } = wrapSessionKey(sessionKey, keys.x509);
    await writeFile(join(dir, 'ours'), Buffer.from(key, 'base64'));
    await pkeyutl('-decrypt', '-inkey', 'private.pem', '-in', 'ours', '-out', 'opened');
    assert.deepEqual(await readFile(join(dir, 'opened')), sessionKey);
  });
});
