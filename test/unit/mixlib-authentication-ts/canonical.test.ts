import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { canonicalPath } from 'mixlib-authentication-ts';
import {
  canonicalText,
  type SignedParts,
} from '../../../mixlib-authentication-ts/src/canonical.ts';

describe('The canonical path (4.1)', () => {
  const paths: Record<string, [path: string, canonical: string]> = {
    'stays as it is': ['/organizations/acme/pushy/jobs', '/organizations/acme/pushy/jobs'],
    'is / at the root': ['/', '/'],
    'is / for slashes alone': ['///', '/'],
    'has single slashes': ['//a///b//c', '/a/b/c'],
    'loses a slash at its end': ['/a/b/', '/a/b'],
    'loses many slashes at its end': ['/a/b///', '/a/b'],
    'loses its query': ['/a/b?c=/d//', '/a/b'],
    'loses its query, then the slash before it': ['/a/b/?c=d?e', '/a/b'],
    'is / for the root with a query': ['/?a', '/'],
    'keeps escapes': ['/a%2F%2fb', '/a%2F%2fb'],
    'is empty for an empty one': ['', ''],
    'keeps dots': ['/a/../b/.', '/a/../b/.'],
  };
  for (const [title, [path, canonical]] of Object.entries(paths)) {
    it(title, () => {
      assert.equal(canonicalPath(path), canonical);
    });
  }

  it('is canonical already after one pass, whatever the path', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('/a?.')) }), (path) => {
        const once = canonicalPath(path);
        assert.equal(canonicalPath(once), once);
        assert.ok(!once.includes('//') && !once.includes('?'));
        assert.ok(once.length <= 1 || !once.endsWith('/'));
      }),
    );
  });
});

describe('The signed text (4.1)', () => {
  const parts: SignedParts = {
    version: '1.0',
    method: 'post',
    path: '//jobs/?a=b',
    body: '',
    timestamp: '2026-01-02T03:04:05Z',
    userId: 'rose',
    serverApiVersion: 1,
  };
  const emptySha1 = '2jmj7l5rSw0yVb/vlWAYkK/YBwk=';
  const jobsSha1 = 'QZA3XLpB07ENZEe1CgmQ6qqx1UQ=';
  const roseSha1 = 'e3B0/KNvyJ+z8ePEbXT2/+JHegk=';
  const early = (userId: string): string =>
    [
      'Method:POST',
      `Hashed Path:${jobsSha1}`,
      `X-Ops-Content-Hash:${emptySha1}`,
      'X-Ops-Timestamp:2026-01-02T03:04:05Z',
      `X-Ops-UserId:${userId}`,
    ].join('\n');

  it('holds the plain user id in 1.0', () => {
    assert.equal(canonicalText(parts), early('rose'));
  });

  for (const version of ['1.1', '1.2'] as const) {
    it(`holds the hash of the user id in ${version}`, () => {
      assert.equal(canonicalText({ ...parts, version }), early(roseSha1));
    });
  }

  it('holds path, version and server API version in 1.3', () => {
    assert.equal(
      canonicalText({ ...parts, version: '1.3' }),
      [
        'Method:POST',
        'Path:/jobs',
        'X-Ops-Content-Hash:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
        'X-Ops-Sign:version=1.3',
        'X-Ops-Timestamp:2026-01-02T03:04:05Z',
        'X-Ops-UserId:rose',
        'X-Ops-Server-API-Version:1',
      ].join('\n'),
    );
  });

  it('holds the timestamp as it was sent', () => {
    const text = canonicalText({ ...parts, timestamp: '2026-1-2T3:4:5' });
    assert.match(text, /^X-Ops-Timestamp:2026-1-2T3:4:5$/m);
  });
});
