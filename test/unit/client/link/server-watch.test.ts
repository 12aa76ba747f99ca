import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { makeServerWatch } from '../../../../client/src/link/server-watch.ts';
import type { LivenessEvent } from '../../../../client/src/core/liveness.ts';
import type { Session } from '../../../../client/src/link/session.ts';

const { publicKey } = generateKeyPairSync('ed25519');

function session(isEncrypted = true): Session {
  const heartbeat = {
    out_addr: '',
    command_addr: '',
    interval: 1,
    offline_threshold: 3,
    online_threshold: 2,
  };
  const curve = { publicKey: '', secretKey: '', serverKey: '' };
  return {
    config: {
      type: 'config',
      host: 'h',
      push_jobs: { heartbeat },
      node: 'n',
      organization: 'o',
      public_key: '',
      encoded_session_key: { method: 'hmac_sha256', key: '' },
      lifetime: 3600,
      max_message_skew: 300,
      incarnation_id: 'one',
    },
    sessionKey: Buffer.alloc(32),
    serverKey: createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
    ...(isEncrypted ? { curve } : {}),
  };
}

const broadcast = { kind: 'broadcast', incarnationId: 'one' } as const;

function setUp(isEncrypted?: boolean) {
  let now = 0;
  const said: string[] = [];
  const watch = makeServerWatch({
    elapsed: () => now,
    random: () => 0,
    onEffect: () => undefined,
    onAvailable: (afterMs) => said.push(afterMs === undefined ? 'first' : `after ${afterMs}`),
  });
  watch.open(session(isEncrypted));
  const play = (...events: [at: number, event: LivenessEvent][]): string[] => {
    for (const [at, event] of events) {
      now = at;
      watch.note(event);
    }
    return said.splice(0);
  };
  return { watch, play };
}

describe('the word that the node is available', () => {
  it('comes once the server was heard on both channels', () => {
    const { play } = setUp();
    assert.deepEqual(play([10, { kind: 'sent' }], [20, { kind: 'heard' }]), []);
    assert.deepEqual(play([900, broadcast]), ['first']);
    assert.deepEqual(play([1900, broadcast], [2000, { kind: 'heard' }]), []);
    const silent = setUp(false);
    assert.deepEqual(silent.play([900, broadcast]), ['first']);
  });

  it('comes again after each loss, with how long that took, and not after a renewed configuration', () => {
    const { play, watch } = setUp();
    play([0, { kind: 'heard' }], [1, broadcast]);
    const lost = play(
      [1000, { kind: 'lost' }],
      [1100, broadcast],
      [1300, { kind: 'connected' }],
      [1310, { kind: 'sent' }],
      [1400, { kind: 'heard' }],
    );
    assert.deepEqual(lost, ['after 400']);
    watch.open(session());
    assert.deepEqual(play([1500, { kind: 'heard' }], [2000, broadcast]), []);
    // From the last heartbeat on, though it was noticed later.
    const offline = play(
      [4000, { kind: 'tick' }],
      [6000, { kind: 'tick' }],
      [7000, broadcast],
      [8000, broadcast],
      [9000, broadcast],
    );
    assert.deepEqual(offline, ['after 7000']);
  });
});
