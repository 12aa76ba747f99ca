import { strict as assert } from 'node:assert';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import {
  open,
  parseHttpDate,
  readAgentMessage,
  readBroadcast,
  readServerMessage,
  seal,
  unwrapSessionKey,
  type Proof,
} from '@pushy/protocol';
import { wireVectors, type RecordedFrame } from '../helpers/wire-vectors.ts';

const NOW = parseHttpDate(wireVectors.timestamp)!;
const sessionKey = Buffer.from(wireVectors.sessionKey, 'ascii');
const proofs: Record<RecordedFrame['method'], Proof> = {
  hmac_sha256: { hmac_sha256: sessionKey },
  rsa2048_sha1: { rsa2048_sha1: createPublicKey(wireVectors.serverPublicKey) },
};
const readers: Record<RecordedFrame['from'], (body: unknown) => { type: string } | undefined> = {
  agent: readAgentMessage,
  server: readServerMessage,
  broadcast: readBroadcast,
};

/** What old and new programs in the field send: these must open as long as the protocol is 2.0. */
describe('Recorded messages', () => {
  it('are of every type of REFERENCE 15.5 and 15.6', () => {
    const types = wireVectors.frames.map((f) => (JSON.parse(f.body) as { type: string }).type);
    assert.deepEqual([...new Set(types)].sort(), [
      'abort',
      'aborted',
      'ack',
      'ack_commit',
      'ack_run',
      'commit',
      'failed',
      'heartbeat',
      'nack_commit',
      'nack_run',
      'run',
      'succeeded',
    ]);
  });

  for (const frame of wireVectors.frames) {
    const frames = [Buffer.from(frame.header, 'latin1'), Buffer.from(frame.body)] as const;

    it(`${frame.name} opens, and is read`, () => {
      const opened = open(frames, proofs[frame.method], NOW);
      assert.ok(opened.ok, JSON.stringify(opened));
      assert.deepEqual(opened.value, JSON.parse(frame.body));
      assert.deepEqual(readers[frame.from](opened.value), opened.value);
    });

    it(`${frame.name} does not open with a changed byte`, () => {
      const bytes = Buffer.from(frame.body);
      const at = bytes.lastIndexOf(':') - 2; // inside the name of the last member
      bytes[at] = bytes[at]! ^ 1;
      const opened = open([frames[0], bytes], proofs[frame.method], NOW);
      assert.deepEqual(opened, { ok: false, reason: 'bad_signature' });
    });

    if (frame.method === 'hmac_sha256' && frame.header.startsWith('Version:2.0')) {
      it(`${frame.name} is sealed by us in the same bytes`, () => {
        const sealed = seal(frame.body, proofs.hmac_sha256);
        assert.deepEqual(sealed, [...frames]);
      });
    }
  }

  it('a broadcast is sealed by us in the same bytes', () => {
    const key = createPrivateKey(wireVectors.nodePrivateKey); // of the same pair in the fixture
    const frame = wireVectors.frames.find((f) => f.name === 'a broadcast')!;
    const [header] = seal(frame.body, { rsa2048_sha1: key });
    assert.equal(header.toString('latin1'), frame.header);
  });
});

describe('Recorded session keys', () => {
  wireVectors.wrapped.forEach((key, index) => {
    it(`number ${index + 1} by the openssl command is unwrapped`, () => {
      const privateKey = createPrivateKey(wireVectors.nodePrivateKey);
      assert.deepEqual(unwrapSessionKey({ method: 'hmac_sha256', key }, privateKey), sessionKey);
    });
  });
});
