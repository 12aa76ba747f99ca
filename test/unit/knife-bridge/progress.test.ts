import assert from 'node:assert/strict';
import type { Clock } from '../../../knife-bridge/src/clock.ts';
import { makePlainProgress, makeTtyProgress } from '../../../knife-bridge/src/progress.ts';

function recorder(columns = 80) {
  const seen: string[] = [];
  const terminal = {
    out: (chunk: string | Uint8Array) => seen.push(String(chunk)),
    err: () => undefined,
    isTty: true,
    columns: () => columns,
  };
  return { seen, terminal };
}

const voting = { status: 'voting', nodes: { new: ['a', 'b'] } };
const running = { status: 'running', nodes: { running: ['a', 'b'] } };
const complete = { status: 'complete', nodes: { succeeded: ['a', 'b'] } };

describe('progress', () => {
  it('is a dot for each look and a line for each new state where nobody watches', () => {
    const { seen, terminal } = recorder();
    const progress = makePlainProgress(terminal);
    for (const job of [{ status: 'new', nodes: {} }, voting, voting, running, complete]) {
      progress.show(job);
    }
    progress.end();
    assert.equal(seen.join(''), '..Voting.\n..Running (1/2 in progress) ...\n.Complete.\n');
  });

  it('ends a line of dots that was interrupted', () => {
    const { seen, terminal } = recorder();
    const progress = makePlainProgress(terminal);
    progress.show({ status: 'new', nodes: {} });
    progress.end();
    assert.equal(seen.join(''), '.\n');
  });

  it('is one line that is kept up to date on a terminal, its seconds going on', () => {
    const { seen, terminal } = recorder();
    let now = 5_000;
    let tick = (): void => undefined;
    let ticking = true;
    const clock: Pick<Clock, 'now' | 'every'> = {
      now: () => now,
      every: (ms, action) => {
        assert.equal(ms, 1000);
        tick = action;
        return () => {
          ticking = false;
        };
      },
    };
    const progress = makeTtyProgress(terminal, clock);
    tick();
    progress.show(voting);
    now += 2_000;
    tick();
    progress.show(complete);
    progress.end();
    progress.end();
    assert.deepEqual(seen, [
      '\r\u001B[KVoting: 2 new (0 s)',
      '\r\u001B[KVoting: 2 new (2 s)',
      '\r\u001B[KComplete: 2 succeeded (2 s)',
      '\r\u001B[KComplete.\n',
    ]);
    assert.equal(ticking, false);
  });

  it('never fills the line of a terminal', () => {
    const { seen, terminal } = recorder(15);
    const progress = makeTtyProgress(terminal, { now: () => 0, every: () => () => undefined });
    progress.show(running);
    assert.equal(seen[0], '\r\u001B[KRunning: 2 run');
  });
});
