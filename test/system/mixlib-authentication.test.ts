import { strict as assert } from 'node:assert';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  canonicalPath,
  readSignedHeaders,
  signRequest,
  verifyRequest,
  type SignatureVersion,
} from 'mixlib-authentication-ts';
import { canonicalText } from '../../mixlib-authentication-ts/src/canonical.ts';
import { asReceived, chefVectors } from '../helpers/chef-vectors.ts';
import { runOk } from '../helpers/run.ts';
import { useRubyPeer } from './harness/ruby-peer.ts';
import { useScene } from './harness/scene.ts';

const { keys } = chefVectors;
const DAY = 86_400_000;

interface Case {
  method: string;
  path: string;
  body: Buffer;
  userId: string;
  now: number;
  serverApiVersion: number | undefined;
}

const segment = fc.oneof(
  fc.string({ unit: fc.constantFrom(...Array.from('abcXYZ019-_.~%')), maxLength: 12 }),
  fc.constantFrom('', '', 'pushy', 'jobs', '日本', 'é', 'a b'),
);
const path = fc
  .record({
    segments: fc.array(segment, { maxLength: 8 }),
    query: fc.constantFrom('', '', '?', '?a=b', '?q=//x/&y=?'),
  })
  .map(({ segments, query }) => `/${segments.join('/')}${query}`);
const body = fc.oneof(
  fc.constant(Buffer.alloc(0)),
  fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
  fc.string({ unit: 'grapheme' }).map((text) => Buffer.from(text)),
);
const userId = fc.oneof(
  fc.constantFrom('rose', 'web1.example.com', 'éva', '日本'),
  fc.string({
    unit: fc.constantFrom(...Array.from('abcXYZ019-_.:')),
    minLength: 1,
    maxLength: 60,
  }),
);
const anyCase: fc.Arbitrary<Case> = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE'),
  path,
  body,
  userId,
  now: fc.integer({ min: 0, max: 40_000 * DAY }),
  serverApiVersion: fc.constantFrom(undefined, 0, 1, 2),
});
/** The gem leaves it to its caller to cut the query off. */
const pathAlone = (path: string): string => path.split('?', 1)[0]!;

function headersOfOurs(
  { method, path, body, userId, now, serverApiVersion }: Case,
  version: SignatureVersion,
): Record<string, string> {
  const signer = { userId, key: keys.private, version };
  return signRequest({ method, path, body }, signer, now, serverApiVersion);
}

function weVerify(of: Case, headers: Record<string, string>): boolean {
  const read = readSignedHeaders(asReceived(headers), of.now, 1000);
  assert.ok(read.ok, JSON.stringify(read));
  assert.equal(read.value.userId, of.userId);
  return verifyRequest(read.value, of, keys.spki);
}

describe("Ruby's mixlib-authentication", function () {
  this.timeout(120_000);
  const ruby = useRubyPeer();

  const rubySigns = (of: Case, version: SignatureVersion): Promise<Record<string, string>> =>
    ruby.ask('sign', {
      ...of,
      version,
      path: pathAlone(of.path),
      body: of.body.toString('base64'),
      timestamp: new Date(of.now).toISOString(),
      key: keys.private,
    }) as Promise<Record<string, string>>;

  const rubyVerifies = (of: Case, headers: Record<string, string>): Promise<unknown> =>
    ruby.ask('verify', {
      headers,
      method: of.method,
      path: pathAlone(of.path),
      body: of.body.toString('base64'),
      key: keys.spki,
    });

  it('is the version that the recorded requests were made with', async () => {
    const { gem } = (await ruby.ask('versions')) as { gem: string };
    const recorded = chefVectors.vectors.map((v) => v.signedBy).find((by) => by !== 'openssl');
    assert.equal(`mixlib-authentication ${gem}`, recorded);
  });

  for (const version of ['1.0', '1.1', '1.3'] as const) {
    describe(`with ${version}`, () => {
      it('verifies what we signed', () =>
        fc.assert(
          fc.asyncProperty(anyCase, async (of) => {
            assert.equal(await rubyVerifies(of, headersOfOurs(of, version)), of.userId);
          }),
          { numRuns: 200 },
        ));

      it('signs what we verify', () =>
        fc.assert(
          fc.asyncProperty(anyCase, async (of) => {
            assert.equal(weVerify(of, await rubySigns(of, version)), true);
          }),
          { numRuns: 200 },
        ));

      it('makes the very headers that we make', () =>
        fc.assert(
          fc.asyncProperty(anyCase, async (of) => {
            assert.deepEqual(
              asReceived(headersOfOurs(of, version)),
              asReceived(await rubySigns(of, version)),
            );
          }),
          { numRuns: 100 },
        ));

      it('refuses what we refuse: another body, path, method, user or time', async () => {
        const of: Case = {
          method: 'POST',
          path: '/organizations/acme/pushy/jobs',
          body: Buffer.from('{"command":"chef-client"}'),
          userId: 'rose',
          now: Date.UTC(2026, 0, 2, 3, 4, 5),
          serverApiVersion: 1,
        };
        const headers = headersOfOurs(of, version);
        assert.equal(await rubyVerifies(of, headers), 'rose');
        const changed: Partial<Case>[] = [
          { body: Buffer.from('{"command":"chef-cliemt"}') },
          { path: '/organizations/acme/pushy' },
          { method: 'PUT' },
        ];
        for (const change of changed) {
          assert.equal(await rubyVerifies({ ...of, ...change }, headers), null);
          assert.equal(weVerify({ ...of, ...change }, headers), false);
        }
        const forged = { ...headers, 'X-Ops-UserId': 'jack' };
        assert.equal(await rubyVerifies(of, forged), null);
        assert.equal(weVerify({ ...of, userId: 'jack' }, forged), false);
        const later = { ...headers, 'X-Ops-Timestamp': '2026-01-02T03:04:06Z' };
        assert.equal(await rubyVerifies(of, later), null);
        assert.equal(weVerify({ ...of, now: of.now + 1000 }, later), false);
      });
    });
  }
});

/** The gem has no 1.2: RSASSA-PKCS1-v1_5 with SHA-1 is what the openssl command does by itself. */
describe('The openssl command with 1.2', function () {
  this.timeout(60_000);
  const scene = useScene();
  let dir: string;
  const timeoutMs = 10_000;
  const of = {
    method: 'POST',
    path: '//organizations/acme/pushy/jobs/?a=b',
    body: Buffer.from('{"command":"grüße"}'),
  };
  const now = Date.UTC(2026, 0, 2, 3, 4, 5);
  const signer = { userId: 'rose', key: keys.private, version: '1.2' } as const;

  before(async () => {
    dir = await scene.subdir('openssl');
    await writeFile(join(dir, 'key.pem'), keys.private, { mode: 0o600 });
    await writeFile(join(dir, 'public.pem'), keys.spki);
    const text = canonicalText({
      version: '1.2',
      ...of,
      timestamp: '2026-01-02T03:04:05Z',
      userId: 'rose',
      serverApiVersion: 0,
    });
    assert.equal(canonicalPath(of.path), '/organizations/acme/pushy/jobs');
    await writeFile(join(dir, 'text'), text);
  });

  it('verifies what we signed', async () => {
    const headers = signRequest(of, signer, now);
    const lines = Object.entries(headers).filter(([name]) => name.includes('Authorization'));
    const signature = lines.map(([, line]) => line).join('');
    await writeFile(join(dir, 'ours'), Buffer.from(signature, 'base64'));
    const args = ['dgst', '-sha1', '-verify', 'public.pem', '-signature', 'ours', 'text'];
    const { stdout } = await runOk('openssl', args, { cwd: dir, timeoutMs });
    assert.equal(stdout.trim(), 'Verified OK');
  });

  it('signs what we verify', async () => {
    const args = ['dgst', '-sha1', '-sign', 'key.pem', '-out', 'theirs', 'text'];
    await runOk('openssl', args, { cwd: dir, timeoutMs });
    const { stdout } = await runOk('openssl', ['base64', '-A', '-in', 'theirs'], {
      cwd: dir,
      timeoutMs,
    });
    const headers = {
      'x-ops-userid': 'rose',
      'x-ops-timestamp': '2026-01-02T03:04:05Z',
      'x-ops-sign': 'version=1.2',
      'x-ops-content-hash': 'anything',
      'x-ops-authorization-1': stdout.trim(),
    };
    const read = readSignedHeaders(headers, now, 1000);
    assert.ok(read.ok);
    assert.equal(verifyRequest(read.value, of, keys.spki), true);
  });
});
