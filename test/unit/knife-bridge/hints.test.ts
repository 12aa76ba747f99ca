import assert from 'node:assert/strict';
import { hintsFor } from '../../../knife-bridge/src/hints.ts';

describe('hintsFor', () => {
  it('has nothing to say about success', () => {
    assert.deepEqual(hintsFor({ status: 'complete', nodes: { succeeded: ['a'] } }, 'id'), []);
  });

  it('says what a refusal can mean, naming a few nodes', () => {
    const nodes = { nacked: ['a', 'b', 'c', 'd', 'e'], crashed: [] };
    const [hint, ...others] = hintsFor({ status: 'quorum_failed', nodes }, 'id');
    assert.match(hint!, /^a, b, c and 2 more refused the job: .*whitelist/);
    assert.deepEqual(others, []);
  });

  it('shows the way to the output of a node that failed', () => {
    const nodes = { failed: ['a', 'b'] };
    assert.deepEqual(hintsFor({ status: 'complete', nodes, capture_output: true }, 'id'), [
      'See why: pushy job output id a --channel stderr',
    ]);
    assert.match(hintsFor({ status: 'complete', nodes }, 'id')[0]!, /--capture/);
  });

  it('shows the way to the output of a node that was stopped, or whose time was up', () => {
    const hint = (node: string) =>
      `See what it wrote until it was stopped: pushy job output id ${node}`;
    const captured = { status: 'aborted', capture_output: true };
    assert.deepEqual(hintsFor({ ...captured, nodes: { aborted: ['a', 'b'] } }, 'id'), [hint('a')]);
    const [, late] = hintsFor({ ...captured, nodes: { timed_out: ['c'] } }, 'id');
    assert.equal(late, hint('c'));
    assert.deepEqual(hintsFor({ status: 'aborted', nodes: { aborted: ['a'] } }, 'id'), []);
  });
});
