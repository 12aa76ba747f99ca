import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import {
  readSignedHeaders,
  SIGNATURE_VERSIONS,
  type HeaderRefusal,
  type IncomingHeaders,
  type SignedHeaders,
} from 'mixlib-authentication-ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const SKEW = 900_000;
const good: Record<string, string> = {
  'x-ops-userid': 'rose',
  'x-ops-timestamp': '2026-01-02T03:04:05Z',
  'x-ops-sign': 'algorithm=sha1;version=1.1;',
  'x-ops-content-hash': '2jmj7l5rSw0yVb/vlWAYkK/YBwk=',
  'x-ops-authorization-1': 'AAAA',
  'x-ops-authorization-2': 'BBBB',
};

function read(changes: IncomingHeaders = {}, now = NOW): SignedHeaders {
  const result = readSignedHeaders({ ...good, ...changes }, now, SKEW);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

function refusal(changes: IncomingHeaders, now = NOW): HeaderRefusal {
  const result = readSignedHeaders({ ...good, ...changes }, now, SKEW);
  assert.ok(!result.ok, 'accepted');
  return result.refusal;
}

describe('Signed headers', () => {
  it('4.1 are read', () => {
    assert.deepEqual(read(), {
      userId: 'rose',
      timestamp: '2026-01-02T03:04:05Z',
      version: '1.1',
      contentHash: '2jmj7l5rSw0yVb/vlWAYkK/YBwk=',
      signature: 'AAAABBBB',
      serverApiVersion: 0,
    });
  });

  it('4.3 that are missing are named in order', () => {
    assert.deepEqual(readSignedHeaders({}, NOW, SKEW), {
      ok: false,
      refusal: {
        reason: 'missing',
        headers: ['X-Ops-UserId', 'X-Ops-Timestamp', 'X-Ops-Sign', 'X-Ops-Content-Hash'],
      },
    });
    assert.deepEqual(refusal({ 'x-ops-sign': undefined, 'x-ops-timestamp': undefined }), {
      reason: 'missing',
      headers: ['X-Ops-Timestamp', 'X-Ops-Sign'],
    });
  });

  it('4.1 that are empty count as missing', () => {
    assert.deepEqual(refusal({ 'x-ops-content-hash': '', 'x-ops-userid': [] }), {
      reason: 'missing',
      headers: ['X-Ops-UserId', 'X-Ops-Content-Hash'],
    });
  });

  it('given twice are one text, as node:http joins them', () => {
    assert.equal(read({ 'x-ops-userid': ['rose', 'jack'] }).userId, 'rose, jack');
  });

  it('with a name in UTF-8 are read as that name', () => {
    assert.equal(read({ 'x-ops-userid': '\u00c3\u00a9va' }).userId, 'éva');
  });

  describe('are refused in the order of REFERENCE 3 step 4', () => {
    const faults: [IncomingHeaders, HeaderRefusal['reason']][] = [
      [{ 'x-ops-content-hash': undefined }, 'missing'],
      [{ 'x-ops-timestamp': 'yesterday' }, 'bad_timestamp'],
      [{ 'x-ops-timestamp': '2020-01-02T03:04:05Z' }, 'clock_skew'],
      [{ 'x-ops-sign': 'version=2.0' }, 'unsupported_version'],
    ];
    for (let first = 0; first < faults.length; first++) {
      it(`${faults[first]![1]} before all that follow`, () => {
        // The earliest fault is applied last, so that it wins where two change the same header.
        const changes = faults
          .slice(first)
          .reverse()
          .reduce<IncomingHeaders>((all, [change]) => ({ ...all, ...change }), {});
        assert.equal(refusal(changes).reason, faults[first]![1]);
      });
    }
  });
});

describe('The age of a request (4.2)', () => {
  for (const direction of [1, -1]) {
    const where = direction === 1 ? 'in the past' : 'in the future';
    it(`may be 899.999 s ${where}`, () => {
      assert.equal(read({}, NOW + direction * 899_999).userId, 'rose');
    });
    it(`may not be 900 s ${where}`, () => {
      assert.deepEqual(refusal({}, NOW + direction * 900_000), {
        reason: 'clock_skew',
        userId: 'rose',
      });
    });
  }

  it('is refused when no clock can be read', () => {
    assert.equal(refusal({}, Number.NaN).reason, 'clock_skew');
  });
});

describe('X-Ops-Sign (4.1)', () => {
  const accepted: Record<string, string> = {
    'version=1.0': '1.0',
    'algorithm=sha1;version=1.0': '1.0',
    'algorithm=sha1;version=1.0;': '1.0',
    'version=1.1;algorithm=sha1': '1.1',
    'algorithm=sha1;version=1.2;': '1.2',
    'version=1.2': '1.2',
    'version=1.3': '1.3',
    'algorithm=sha256;version=1.3;': '1.3',
    ';;version=1.3;;nonsense;a=b=c;x=y': '1.3',
    'version=1=0;version=1.1': '1.1',
    'version=1.1;version=1.3': '1.1',
  };
  for (const [description, version] of Object.entries(accepted)) {
    it(`reads '${description}' as ${version}`, () => {
      assert.equal(read({ 'x-ops-sign': description }).version, version);
    });
  }

  const refused = [
    ';',
    'algorithm=sha1',
    'version=',
    'version=0.9',
    'version=1.4',
    'version=1.1 ',
    ' version=1.1',
    'version= 1.1',
    'Version=1.1',
    'version:1.1',
    'algorithm=sha1; version=1.1',
    'algorithm=;version=1.1',
    'algorithm=SHA1;version=1.1',
    'algorithm=md5;version=1.0',
    'algorithm=sha256;version=1.0',
    'algorithm=sha256;version=1.1',
    'algorithm=sha256;version=1.2',
    'algorithm=sha1;version=1.3',
    'version=constructor',
    'version=__proto__',
  ];
  for (const description of refused) {
    it(`refuses '${description}'`, () => {
      assert.deepEqual(refusal({ 'x-ops-sign': description }), { reason: 'unsupported_version' });
    });
  }
});

describe('The signature in the headers (4.1)', () => {
  it('is empty when line 1 is absent', () => {
    assert.equal(read({ 'x-ops-authorization-1': undefined }).signature, '');
  });

  it('ends before a missing middle line', () => {
    const lines = { 'x-ops-authorization-4': 'DDDD', 'x-ops-authorization-5': 'EEEE' };
    assert.equal(read(lines).signature, 'AAAABBBB');
  });

  it('goes on over an empty line, and past the ninth', () => {
    const lines = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`x-ops-authorization-${i + 1}`, i === 3 ? '' : 'L']),
    );
    assert.equal(read(lines).signature, 'L'.repeat(11));
  });

  it('does not use line 0 or lines with leading zeros', () => {
    const lines = { 'x-ops-authorization-0': '0000', 'x-ops-authorization-03': '3333' };
    assert.equal(read(lines).signature, 'AAAABBBB');
  });
});

describe('X-Ops-Server-API-Version (4.1)', () => {
  const versions: Record<string, number> = { '': 0, '0': 0, '1': 1, '01': 1, '+2': 2, '-1': -1 };
  for (const [text, version] of Object.entries(versions)) {
    it(`'${text}' is ${version}`, () => {
      assert.equal(read({ 'x-ops-server-api-version': text }).serverApiVersion, version);
    });
  }

  for (const text of ['one', '1.5', '1e3', ' 1', '0x1', '9'.repeat(16), '9'.repeat(400)]) {
    it(`'${text.slice(0, 20)}' is no integer`, () => {
      assert.equal(read({ 'x-ops-server-api-version': text }).serverApiVersion, NaN);
    });
  }
});

describe('Hostile headers', () => {
  it('never make the reader throw', () => {
    const names = [...Object.keys(good), 'x-ops-server-api-version', 'x-ops-authorization-3'];
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.string()),
      fc.constantFrom(undefined, '2026-01-02T03:04:05Z', 'version=1.3', 'a=b=c;;=;version'),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (changes) => {
        const result = readSignedHeaders({ ...good, ...changes }, NOW, SKEW);
        if (result.ok) assert.ok(SIGNATURE_VERSIONS.includes(result.value.version));
      }),
      { numRuns: 1000 },
    );
  });
});
