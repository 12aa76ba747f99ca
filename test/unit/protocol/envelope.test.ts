import { strict as assert } from 'node:assert';
import {
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  privateEncrypt,
  sign,
} from 'node:crypto';
import fc from 'fast-check';
import {
  DEFAULT_MAX_BODY_BYTES,
  formatHttpDate,
  MAX_HEADER_BYTES,
  MAX_MESSAGE_SKEW_MS,
  open,
  seal,
  unpack,
  verify,
  type EnvelopeRefusal,
  type Frames,
  type Proof,
} from '@pushy/protocol';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const sessionKey = Buffer.from('01234567890123456789012345678901', 'ascii');
const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const sealing: Record<string, Proof> = {
  hmac_sha256: { hmac_sha256: sessionKey },
  rsa2048_sha1: { rsa2048_sha1: pair.privateKey },
};
const opening: Record<string, Proof> = {
  hmac_sha256: { hmac_sha256: sessionKey },
  rsa2048_sha1: { rsa2048_sha1: pair.publicKey },
};
const hmac = { hmac_sha256: sessionKey };
const message = { type: 'heartbeat', timestamp: formatHttpDate(NOW) };

function refused(
  frames: readonly Buffer[],
  reason: EnvelopeRefusal,
  proof: Proof = hmac,
  now = NOW,
): void {
  assert.deepEqual(open(frames, proof, now), { ok: false, reason });
}

/** The frames of a message, with another header made from the real one. */
function reheaded(header: (real: string) => string, proof: Proof = hmac): Frames {
  const [real, body] = seal(message, proof);
  return [Buffer.from(header(real.toString('latin1')), 'latin1'), body];
}

const signatureOf = (header: string): string => header.slice(header.indexOf('Signature:') + 10);

for (const method of ['hmac_sha256', 'rsa2048_sha1'] as const) {
  const proof = opening[method]!;

  describe(`A message signed ${method}`, () => {
    const frames = seal(message, sealing[method]!);

    it('15.2 has the header of the wire', () => {
      const header = frames[0].toString('latin1');
      assert.match(header, new RegExp(`^Version:2\\.0;SigningMethod:${method};Signature:[^;\n]+$`));
      assert.equal(signatureOf(header).length, method === 'hmac_sha256' ? 44 : 344);
    });

    it('opens', () => {
      assert.deepEqual(open(frames, proof, NOW), { ok: true, value: message });
    });

    it('opens whatever it says', () => {
      fc.assert(
        fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (said) => {
          const body = JSON.stringify({ ...said, timestamp: message.timestamp });
          const opened = open(seal(body, sealing[method]!), proof, NOW);
          assert.deepEqual(opened, { ok: true, value: JSON.parse(body) as unknown });
        }),
        { numRuns: method === 'hmac_sha256' ? 500 : 50 },
      );
    });

    it('does not open with any one byte of its body changed', () => {
      for (let i = 1; i < frames[1].length - 1; i++) {
        const body = Buffer.from(frames[1]);
        body[i] = body[i]! ^ 0x01;
        const opened = open([frames[0], body], proof, NOW);
        assert.ok(!opened.ok && ['bad_signature', 'not_json'].includes(opened.reason), `byte ${i}`);
      }
    });

    const signatures: Record<string, (real: string) => string> = {
      'an empty signature': () => '',
      'a signature cut short': (real) => real.slice(0, -4),
      'a signature that is too long': (real) => `AAAA${real}`,
      'a signature of other bytes': (real) => (real.startsWith('A') ? 'B' : 'A') + real.slice(1),
      'a signature that is no base64': () => '*'.repeat(44),
    };
    for (const [title, change] of Object.entries(signatures)) {
      it(`does not open with ${title}`, () => {
        const changed = reheaded(
          (header) => header.replace(signatureOf(header), '') + change(signatureOf(header)),
          sealing[method],
        );
        refused(changed, 'bad_signature', proof);
      });
    }

    it('15.2 opens with its header in any order, with unknown parts and the old word', () => {
      const changed = reheaded(
        (header) =>
          `;Extra:1:2;SignedChecksum:${signatureOf(header)};:x;y;SigningMethod:${method};Version:2.0;`,
        sealing[method],
      );
      assert.equal(open(changed, proof, NOW).ok, true);
    });
  });
}

describe('hmac_sha256', () => {
  it('15.2 gives the signature of the test vector', () => {
    const body = '{"type":"config","host":"localhost","lifetime":3600}';
    const [header, bytes] = seal(body, hmac);
    assert.equal(
      header.toString('latin1'),
      'Version:2.0;SigningMethod:hmac_sha256;Signature:3OX7zAxVgH8Z8YGWL6ZYBN4n+AIPGNTqbHTB0Og7GMI=',
    );
    assert.equal(bytes.toString(), body);
  });

  it('does not open with another session key', () => {
    refused(seal(message, hmac), 'bad_signature', { hmac_sha256: Buffer.alloc(32) });
  });

  it('needs its signature letter by letter, not only what it decodes to', () => {
    const forms: ((signature: string) => string)[] = [
      (signature) => signature.replace('=', ''),
      (signature) => `${signature}\n`,
      (signature) => ` ${signature}`,
      (signature) => signature.replaceAll('+', '-').replaceAll('/', '_').replace('=', ''),
    ];
    for (const form of forms) {
      const changed = reheaded((header) =>
        header.replace(signatureOf(header), form(signatureOf(header))),
      );
      refused(changed, 'bad_signature');
    }
  });

  it('15.2 is valid with Version 2.0 alone', () => {
    refused(
      reheaded((header) => header.replace('Version:2.0', 'Version:1.0')),
      'unknown_method',
    );
  });
});

describe('rsa2048_sha1', () => {
  const proof = opening['rsa2048_sha1']!;

  it('15.2 is valid with Version 1.0 too', () => {
    const changed = reheaded(
      (header) => header.replace('Version:2.0', 'Version:1.0'),
      sealing['rsa2048_sha1'],
    );
    assert.equal(open(changed, proof, NOW).ok, true);
  });

  it('15.2 is not an ASN.1 DigestInfo signature', () => {
    const body = JSON.stringify(message);
    const digestInfo = sign('sha1', Buffer.from(body), pair.privateKey).toString('base64');
    const header = `Version:2.0;SigningMethod:rsa2048_sha1;Signature:${digestInfo}`;
    refused([Buffer.from(header), Buffer.from(body)], 'bad_signature', proof);
  });

  it('does not take a signed text of another length', () => {
    const signed = privateEncrypt(pair.privateKey, Buffer.from('short')).toString('base64');
    const header = `Version:2.0;SigningMethod:rsa2048_sha1;Signature:${signed}`;
    const [, body] = seal(message, hmac);
    refused([Buffer.from(header), body], 'bad_signature', proof);
  });

  it('does not open with another key, or with a key that is none for it', () => {
    const frames = seal(message, sealing['rsa2048_sha1']!);
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    for (const key of [other, elliptic, createSecretKey(Buffer.alloc(32))]) {
      refused(frames, 'bad_signature', { rsa2048_sha1: key });
    }
  });
});

describe('The proof', () => {
  it('Z1 of a node refuses a message signed rsa2048_sha1 cleanly', () => {
    refused(seal(message, sealing['rsa2048_sha1']!), 'wrong_method');
  });

  it('of the server refuses a broadcast signed hmac_sha256', () => {
    refused(seal(message, hmac), 'wrong_method', opening['rsa2048_sha1']);
    // The classic confusion: the public key, which everybody knows, taken as the secret of an HMAC.
    const pem = createPublicKey(pair.privateKey).export({ type: 'spki', format: 'pem' });
    const forged = seal(message, { hmac_sha256: Buffer.from(pem) });
    refused(forged, 'wrong_method', opening['rsa2048_sha1']);
  });
});

describe('The frames', () => {
  const [header, body] = seal(message, hmac);

  it('15.1 are exactly two', () => {
    const wrong = [[], [header], [header, body, body], [Buffer.alloc(0), header, body]];
    for (const frames of wrong) refused(frames, 'frame_count');
  });

  it('15.4 may have a header of 2048 bytes, not of 2049', () => {
    const padded = (size: number): Frames => reheaded((real) => `${real};Pad:`.padEnd(size, 'x'));
    assert.equal(MAX_HEADER_BYTES, 2048);
    assert.equal(open(padded(2048), hmac, NOW).ok, true);
    refused(padded(2049), 'header_too_long');
  });

  const sized = (size: number): Frames => {
    const start = JSON.stringify({ ...message, pad: '' });
    return seal({ ...message, pad: 'x'.repeat(size - start.length) }, hmac);
  };

  it('15.4 may have a body of max_body_size, and not a byte more', () => {
    assert.equal(DEFAULT_MAX_BODY_BYTES, 65_536);
    assert.equal(sized(65_536)[1].length, 65_536);
    assert.equal(open(sized(65_536), hmac, NOW).ok, true);
    refused(sized(65_537), 'body_too_large');
  });

  it('15.4 may have as large a body as the server is set to', () => {
    const limits = { maxBodyBytes: 100 };
    assert.equal(open(sized(100), hmac, NOW, limits).ok, true);
    assert.deepEqual(open(sized(101), hmac, NOW, limits), { ok: false, reason: 'body_too_large' });
  });

  it('count bytes, not characters', () => {
    const frames = seal({ ...message, pad: '日'.repeat(10) }, hmac);
    const characters = frames[1].toString().length;
    assert.deepEqual(open(frames, hmac, NOW, { maxBodyBytes: characters }), {
      ok: false,
      reason: 'body_too_large',
    });
  });
});

describe('The header (15.2)', () => {
  const refusals: Record<string, [EnvelopeRefusal, (real: string) => string]> = {
    'an empty header': ['bad_header', () => ''],
    'a header of other words': ['bad_header', () => 'GET / HTTP/1.1'],
    'no version': ['bad_header', (real) => real.replace('Version', 'V')],
    'no signature': ['bad_header', (real) => real.replace('Signature', 'S')],
    'an unknown version': ['unknown_version', (real) => real.replace('2.0', '3.0')],
    'an empty version': ['unknown_version', (real) => real.replace('2.0', '')],
    'no method': ['unknown_method', (real) => real.replace('SigningMethod', 'M')],
    'an unknown method': ['unknown_method', (real) => real.replace('hmac_sha256', 'none')],
    'a method of the prototype': [
      'unknown_method',
      (real) => real.replace('hmac_sha256', 'constructor'),
    ],
    'names in lower case': ['bad_header', (real) => real.toLowerCase()],
  };
  for (const [title, [reason, change]] of Object.entries(refusals)) {
    it(`${title} is refused`, () => {
      refused(reheaded(change), reason);
    });
  }
});

describe('The body', () => {
  const notJson = ['', '{', 'null', '[]', '[{}]', '"text"', '1', 'true', '{}x', "{'a':1}"];
  for (const text of notJson) {
    it(`15.4 is refused when it is ${text === '' ? 'empty' : text}`, () => {
      refused(seal(text, hmac), 'not_json');
    });
  }

  it('is sealed as it is when it is a string or bytes', () => {
    const text = `{ "timestamp" : "${message.timestamp}" }`;
    assert.deepEqual(seal(text, hmac), seal(Buffer.from(text), hmac));
    assert.equal(seal(text, hmac)[1].toString(), text);
  });

  it('cannot reach the prototype of objects', () => {
    const opened = open(
      seal(`{"__proto__":{"admin":true},"timestamp":"${message.timestamp}"}`, hmac),
      hmac,
      NOW,
    );
    assert.ok(opened.ok);
    assert.equal(opened.value['admin'], undefined);
  });
});

describe('The timestamp (15.4)', () => {
  for (const [where, direction] of [
    ['past', 1],
    ['future', -1],
  ] as const) {
    it(`may be 299.999 s in the ${where}, and not 300 s`, () => {
      assert.equal(MAX_MESSAGE_SKEW_MS, 300_000);
      const frames = seal(message, hmac);
      assert.equal(open(frames, hmac, NOW + direction * 299_999).ok, true);
      refused(frames, 'clock_skew', hmac, NOW + direction * 300_000);
    });
  }

  it('S11 100 s old is honoured, 1000 s old is not', () => {
    const frames = seal(message, hmac);
    assert.equal(open(frames, hmac, NOW + 100_000).ok, true);
    refused(frames, 'clock_skew', hmac, NOW + 1_000_000);
  });

  it('may be as old as the server is set to', () => {
    const frames = seal(message, hmac);
    assert.equal(open(frames, hmac, NOW + 999, { maxSkewMs: 1000 }).ok, true);
    assert.deepEqual(open(frames, hmac, NOW + 1000, { maxSkewMs: 1000 }), {
      ok: false,
      reason: 'clock_skew',
    });
  });

  const bad: Record<string, unknown> = {
    missing: undefined,
    null: null,
    'a number': NOW,
    'ISO 8601': '2026-01-02T03:04:05Z',
    'no date': 'now',
  };
  for (const [title, timestamp] of Object.entries(bad)) {
    it(`is refused when it is ${title}`, () => {
      refused(seal({ ...message, timestamp }, hmac), 'bad_timestamp');
    });
  }

  it('may be RFC 850', () => {
    const timestamp = 'Friday, 02-Jan-26 03:04:05 GMT';
    assert.equal(open(seal({ timestamp }, hmac), hmac, NOW).ok, true);
  });
});

describe('A message with several faults', () => {
  it('is refused for the first of REFERENCE 15.4', () => {
    const long = Buffer.alloc(MAX_HEADER_BYTES + 1);
    const big = Buffer.alloc(DEFAULT_MAX_BODY_BYTES + 1);
    const bad = Buffer.from('Version:9;Signature:x');
    const unsigned = Buffer.from('Version:2.0;SigningMethod:hmac_sha256;Signature:x');
    const stale = seal({ timestamp: 'never' }, { hmac_sha256: Buffer.alloc(32) });
    refused([long, big, big], 'frame_count');
    refused([long, big], 'header_too_long');
    refused([bad, big], 'body_too_large');
    refused([bad, Buffer.from('{')], 'unknown_version');
    refused([unsigned, Buffer.from('{')], 'not_json');
    refused(stale, 'bad_signature');
    refused(seal({ timestamp: 'never' }, hmac), 'bad_timestamp');
  });
});

describe('unpack and verify', () => {
  it('name the sender before anything is proven, so that its key can be found', () => {
    const body = { ...message, node: 'web1', org: 'acme' };
    const unpacked = unpack(seal(body, hmac));
    assert.ok(unpacked.ok);
    assert.deepEqual(unpacked.value.body, body);
    assert.equal(unpacked.value.method, 'hmac_sha256');
    assert.deepEqual(verify(unpacked.value, hmac, NOW), { ok: true, value: body });
  });

  it('never throw, whatever arrives', () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b));
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('Version:2.0', 'SigningMethod:hmac_sha256', 'SigningMethod:rsa2048_sha1'),
      fc.base64String().map((text) => `Signature:${text}`),
    );
    const header = fc.array(piece).map((pieces) => Buffer.from(pieces.join(';'), 'latin1'));
    const body = fc.oneof(
      bytes,
      fc.json().map((text) => Buffer.from(text)),
    );
    const frames = fc.oneof(fc.tuple(header, body), fc.array(bytes, { maxLength: 4 }));
    fc.assert(
      fc.property(frames, fc.constantFrom('hmac_sha256', 'rsa2048_sha1'), (frames, method) => {
        assert.equal(open(frames, opening[method]!, NOW).ok, false);
      }),
      { numRuns: 1000 },
    );
  });
});
