import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { formatHttpDate, seal } from '@pushy/protocol';
import { makeInbox } from '../../../server/src/dispatcher/inbox.ts';
import { makeFakeClock } from '../../helpers/fake-clock.ts';
import { corpusOf, hostileBytes, hostileJson, hostileText } from '../hostile.ts';
import { makeTarget, type FuzzTarget } from '../target.ts';

const keyOf = (org: string, node: string): Buffer =>
  createHash('sha256').update(`${org} ${node}`).digest();

interface Sent {
  body: Record<string, unknown>;
  /** Whose key signed it. */
  signer: string;
  /** Frames instead of a message. */
  raw: Buffer[] | undefined;
}

/** From frames to verified messages: what is delivered was signed with the key of the node that it names (S4, S6). */
export function inboxTarget(): FuzzTarget {
  const clock = makeFakeClock();
  let delivered: { org: string; node: string }[] = [];
  const inbox = makeInbox({
    settings: { maxBodySize: 65_536, maxTimeSkew: 300_000 },
    clock,
    log: {
      debug: () => 0,
      info: () => 0,
      warn: () => 0,
      error: (_, message) => assert.fail(message),
    },
    sessionKeys: { of: keyOf },
    organizations: {
      known: (name) => (name === 'acme' || name === 'other' ? `id-of-${name}` : undefined),
      resolve: () => Promise.resolve(undefined),
    },
    counts: { received: () => undefined },
    flooded: () => undefined,
    refuse: () => undefined,
    deliver: (_, org, message) => delivered.push({ org, node: message.node }),
  });
  const name = fc.oneof({ weight: 3, arbitrary: fc.constantFrom('web1', 'web2') }, hostileJson);
  const body = fc.record(
    {
      node: name,
      org: fc.oneof({ weight: 3, arbitrary: fc.constantFrom('acme', 'other') }, hostileJson),
      type: fc.oneof(fc.constantFrom('heartbeat', 'aborted', 'succeeded'), hostileJson),
      timestamp: fc.oneof(
        { weight: 5, arbitrary: fc.constant(formatHttpDate(clock.now())) },
        hostileJson,
      ),
      job_id: hostileJson,
      sequence: fc.oneof(fc.nat(), hostileJson),
      stdout: hostileText,
    },
    { requiredKeys: ['node', 'org', 'type', 'timestamp'] },
  );
  const raw = fc.option(fc.array(hostileBytes(corpusOf('body')), { maxLength: 3 }), {
    freq: 5,
    nil: undefined,
  });
  return makeTarget<Sent>({
    name: 'inbox',
    share: 10,
    inputs: fc.record({ body, signer: fc.constantFrom('web1', 'web2', 'eve'), raw }),
    corpus: corpusOf('body').map((bytes) => ({ body: {}, signer: 'eve', raw: [bytes, bytes] })),
    check: ({ body, signer, raw }) => {
      delivered = [];
      const org = typeof body['org'] === 'string' ? `id-of-${body['org']}` : '';
      const frames = raw ?? [...seal(body, { hmac_sha256: keyOf(org, signer) })];
      inbox.onFrames(Buffer.alloc(5), frames);
      for (const message of delivered) assert.deepEqual(message, { org, node: signer });
      assert.ok(delivered.length <= (raw === undefined ? 1 : 0));
    },
    close: () => {
      inbox.stop();
      return Promise.resolve();
    },
  });
}
