import assert from 'node:assert/strict';
import { readAgentConfig } from '@pushy/protocol';
import { unusable } from '../../../../client/src/link/session-limits.ts';

const heartbeat = {
  out_addr: 'tcp://push.test:10000',
  command_addr: 'tcp://push.test:10002',
  interval: 1,
  offline_threshold: 3,
  online_threshold: 2,
};
const whole = {
  type: 'config',
  host: 'push.test',
  push_jobs: { heartbeat },
  public_key: 'PEM',
  encoded_session_key: { method: 'hmac_sha256', key: 'x' },
  lifetime: 3600,
  max_message_skew: 10,
  incarnation_id: 'one',
  organization: 'acme',
  node: 'web01',
};

function judge(change: object, ofHeartbeat: object = {}): string | undefined {
  const json = { ...whole, ...change, push_jobs: { heartbeat: { ...heartbeat, ...ofHeartbeat } } };
  const config = readAgentConfig(json) ?? assert.fail('it is none');
  return unusable(config);
}

describe('a configuration that an agent cannot live by', () => {
  it('is told from one that it can, with what is wrong', () => {
    const cases: [object, object, RegExp | undefined][] = [
      [{}, {}, undefined],
      [{}, { interval: 86_400 }, undefined],
      [{}, { interval: 86_401 }, /interval is 86401 s.*at most 86400/],
      [{}, { interval: 2 ** 31 }, /interval/],
      [{}, { interval: 0 }, /interval is 0 s/],
      [{}, { offline_threshold: 0 }, /thresholds are 0 and 2/],
      [{}, { online_threshold: -1 }, /thresholds/],
      [{ lifetime: 0 }, {}, /lifetime is 0 s/],
      [{ curve_public_key: 'short' }, {}, /CURVE key/],
    ];
    for (const [change, ofHeartbeat, expected] of cases) {
      const said = judge(change, ofHeartbeat);
      if (expected === undefined) assert.equal(said, undefined);
      else assert.match(said ?? '', expected);
    }
  });
});
