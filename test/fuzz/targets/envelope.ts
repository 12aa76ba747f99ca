import assert from 'node:assert/strict';
import { createHmac, createPrivateKey, createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import {
  formatHttpDate,
  open,
  readAgentMessage,
  readBroadcast,
  readServerMessage,
  jobIdOf,
  seal,
  unpack,
  verify,
  type Proof,
} from '@pushy/protocol';
import { newKeyPair } from '../../helpers/keys.ts';
import { corpusOf, hostileBytes, hostileJson, hostileTextNear } from '../hostile.ts';
import { makeTarget, type FuzzTarget } from '../target.ts';

const now = Date.UTC(2026, 0, 1);
const key = Buffer.alloc(32, 7);
const pair = newKeyPair();
const hmac: Proof = { hmac_sha256: key };
const rsaSign: Proof = { rsa2048_sha1: createPrivateKey(pair.privateKey) };
const rsa: Proof = { rsa2048_sha1: createPublicKey(pair.publicKey) };
const heartbeat = {
  node: 'web1',
  client: 'web1.example.com',
  org: 'acme',
  type: 'heartbeat',
  sequence: 1,
  timestamp: formatHttpDate(now),
  incarnation_id: 'b0c4b5b8-3c3a-4e0d-9d9b-0e2b8c1f1a11',
  job_state: 'idle',
  job_id: null,
};
const maxBodyBytes = 4096;

/** `unpack`, `verify` and `open`: two frames near a sealed message, or far from any (REFERENCE 15.2, 15.4). */
export function envelopeTarget(): FuzzTarget {
  const bodies = [Buffer.from(JSON.stringify(heartbeat)), ...corpusOf('body')];
  const headers = [seal(heartbeat, hmac)[0], seal(heartbeat, rsaSign)[0], ...corpusOf('header')];
  const frames = fc.oneof(
    { weight: 8, arbitrary: fc.tuple(hostileBytes(headers), hostileBytes(bodies)) },
    // Signed as it should be: what is wrong is inside.
    { weight: 4, arbitrary: hostileBytes(bodies).map((body) => [...seal(body, hmac)]) },
    { weight: 1, arbitrary: fc.array(hostileBytes([...headers, ...bodies]), { maxLength: 4 }) },
  );
  return makeTarget<Buffer[]>({
    name: 'envelope',
    share: 25,
    inputs: frames,
    corpus: [
      ...headers.flatMap((header) => bodies.map((body) => [header, body])),
      ...bodies.map((body) => [...seal(body, hmac)]),
    ],
    check: checkFrames,
  });
}

function checkFrames(frames: Buffer[]): void {
  const unpacked = unpack(frames, maxBodyBytes);
  const opened = open(frames, hmac, now, { maxBodyBytes });
  if (!unpacked.ok) {
    assert.deepEqual(opened, unpacked);
    return;
  }
  const message = unpacked.value;
  assert.equal(Object.getPrototypeOf(message.body), Object.prototype);
  const verified = verify(message, hmac, now);
  assert.equal(verified.ok, opened.ok);
  if (verified.ok) {
    const right = createHmac('sha256', key).update(message.bytes).digest('base64');
    assert.equal(message.signature, right, 'a message that nobody signed was verified');
  }
  // Only what the other key signed can be verified by it.
  if (verify(message, rsa, now).ok) assert.equal(message.method, 'rsa2048_sha1');
}

/** Bodies that were signed, whatever they say (REFERENCE 15.5, 15.6). */
export function messagesTarget(): FuzzTarget {
  const members = fc.record(
    {
      node: hostileTextNear(['web1']),
      org: hostileTextNear(['acme']),
      client: hostileJson,
      type: fc.oneof(
        fc.constantFrom(
          'heartbeat',
          'ack_commit',
          'aborted',
          'succeeded',
          'commit',
          'run',
          'abort',
        ),
        hostileJson,
      ),
      sequence: fc.oneof(fc.integer(), hostileJson),
      timestamp: fc.oneof(fc.constant(heartbeat.timestamp), hostileJson),
      incarnation_id: fc.oneof(fc.constant(heartbeat.incarnation_id), hostileJson),
      job_state: fc.oneof(fc.constantFrom('idle', 'committed', 'running'), hostileJson),
      job_id: fc.oneof(fc.constantFrom(null, 'null', 'a'.repeat(32)), hostileJson),
      command: hostileJson,
      stdout: hostileJson,
      stderr: hostileJson,
      server: hostileJson,
      env: hostileJson,
      file: hostileJson,
    },
    { requiredKeys: [] },
  );
  return makeTarget<unknown>({
    name: 'messages',
    share: 10,
    inputs: fc.oneof({ weight: 4, arbitrary: members }, { weight: 1, arbitrary: hostileJson }),
    corpus: [heartbeat, null, [], 'heartbeat', { ...heartbeat, __proto__: { type: 'run' } }],
    check: (body) => {
      readServerMessage(body);
      readBroadcast(body);
      const message = readAgentMessage(body);
      if (message === undefined) return;
      assert.ok(message.node.length > 0 && message.org.length > 0);
      const id = jobIdOf(message);
      assert.ok(id === null || id === undefined || id.length <= 64);
    },
  });
}
