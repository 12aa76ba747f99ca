import assert from 'node:assert/strict';
import { makeLocalBus } from '../../../../server/src/bus/local.ts';
import type { NodeReport } from '../../../../server/src/dispatcher/records.ts';
import { turn } from '../../../helpers/fake-clock.ts';

const report = (node: string): NodeReport => ({ kind: 'down', jobId: 'j', node, fence: 1 });

describe('the local bus', () => {
  it('delivers later, in order, one batch per turn', async () => {
    const bus = makeLocalBus();
    const batches: (readonly NodeReport[])[] = [];
    bus.subscribe('jobs', (records) => batches.push(records));
    bus.publish('jobs', [report('a'), report('b')]);
    bus.publish('jobs', [report('c')]);
    assert.deepEqual(batches, []);
    await turn();
    assert.deepEqual(batches, [[report('a'), report('b'), report('c')]]);
  });

  it('keeps its channels apart and reaches every subscriber of one', async () => {
    const bus = makeLocalBus();
    const heard: string[] = [];
    bus.subscribe('jobs', () => heard.push('first'));
    bus.subscribe('jobs', () => heard.push('second'));
    bus.subscribe('nodes', () => heard.push('nodes'));
    bus.publish('jobs', [report('a')]);
    await turn();
    assert.deepEqual(heard, ['first', 'second']);
  });

  it('delivers what a subscriber publishes in a batch of its own', async () => {
    const bus = makeLocalBus();
    const sizes: number[] = [];
    bus.subscribe('jobs', (records) => {
      sizes.push(records.length);
      if (sizes.length === 1) bus.publish('jobs', [report('b')]);
    });
    bus.publish('jobs', [report('a')]);
    await turn();
    assert.deepEqual(sizes, [1, 1]);
  });

  it('delivers no empty batch, and nothing after the end of a subscription', async () => {
    const bus = makeLocalBus();
    let batches = 0;
    const end = bus.subscribe('jobs', () => (batches += 1));
    bus.publish('jobs', []);
    await turn();
    bus.publish('jobs', [report('a')]);
    end();
    await turn();
    assert.equal(batches, 0);
  });
});
