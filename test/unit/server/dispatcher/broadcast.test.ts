import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { formatHttpDate, open, readBroadcast, seal, type Frames } from '@pushy/protocol';
import { makeBroadcast } from '../../../../server/src/dispatcher/broadcast.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';

describe('the broadcast (REFERENCE 15.5)', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

  it('15.5 beats at once and then every interval, numbered from 0, signed with RSA', async () => {
    const clock = makeFakeClock();
    const sent: { frames: Frames; at: number }[] = [];
    const broadcast = makeBroadcast({
      clock,
      interval: 1000,
      sign: (body) => seal(body, { rsa2048_sha1: privateKey }),
      publish: (frames) => sent.push({ frames, at: clock.now() }),
      incarnationId: () => 'an-id',
      serverHost: 'push-1',
    });
    broadcast.start();
    broadcast.start();
    await clock.advance(2000);
    broadcast.stop();
    broadcast.stop();
    await clock.advance(2000);
    assert.equal(sent.length, 3);
    for (const [sequence, { frames, at }] of sent.entries()) {
      const opened = open(frames, { rsa2048_sha1: publicKey }, at);
      assert.ok(opened.ok);
      assert.ok(readBroadcast(opened.value));
      assert.equal(
        JSON.stringify(opened.value),
        `{"sequence":${sequence},"timestamp":"${formatHttpDate(at)}",` +
          '"server":"push-1","type":"heartbeat","incarnation_id":"an-id"}',
      );
    }
    assert.equal(clock.waiting(), 0);
  });
});
