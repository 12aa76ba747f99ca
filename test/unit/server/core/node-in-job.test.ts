import assert from 'node:assert/strict';
import type { JobState } from '@pushy/protocol';
import {
  answered,
  claimed,
  FINDINGS,
  makeNodeInJob,
  ordered,
  STAGES,
  type Stage,
} from '../../../../server/src/core/node-in-job.ts';

const CLAIMS = ['idle', 'committed', 'running'] as const satisfies readonly JobState[];
/** Decision 3 by hand: stage, claim -> how many in a row, what is found. */
const EXPECTED: Record<string, [number, string]> = {
  'asked committed': [1, 'ack_commit'],
  'asked idle': [2, 'commit'],
  'ready idle': [2, 'aborted'],
  'told committed': [2, 'run'],
  'told running': [1, 'ack_run'],
  'told idle': [2, 'aborted'],
  'running idle': [2, 'aborted'],
};

describe('a node in a job (Decisions 3 and 5)', () => {
  for (const stage of STAGES) {
    for (const claim of CLAIMS) {
      const [after, finding] = EXPECTED[`${stage} ${claim}`] ?? [0, undefined];
      it(`${stage}: ${claim} heartbeats lead to ${finding ?? 'nothing'}`, () => {
        const node = makeNodeInJob(stage);
        const found: string[] = [1, 2, 3].map(() => claimed(node, claim, 1) ?? '-');
        if (finding === undefined) assert.deepEqual(found, ['-', '-', '-']);
        else assert.equal(found.indexOf(finding), after - 1, found.join());
      });
    }
  }

  it('has no rule beyond these', () => {
    const rules = STAGES.flatMap((stage) =>
      Object.keys(FINDINGS[stage]).map((claim) => `${stage} ${claim}`),
    );
    assert.deepEqual(new Set(rules), new Set(Object.keys(EXPECTED)));
  });

  it('is found out once, and its own answer is not told a second time', () => {
    const node = makeNodeInJob('asked');
    assert.equal(claimed(node, 'committed', 1), 'ack_commit');
    assert.equal(claimed(node, 'committed', 1), undefined);
    assert.deepEqual(answered(node, 'ack_commit', 1), []);
    assert.deepEqual(answered(node, 'ack_commit', 1), ['ack_commit']);
  });

  it('is asked again once on each connection', () => {
    const node = makeNodeInJob('asked');
    const orders: number[] = [];
    for (const connection of [1, 1, 1, 1, 2, 2, 2, 3, 3]) {
      if (claimed(node, 'idle', connection) !== 'commit') continue;
      orders.push(connection);
      ordered(node, 'asked', connection);
    }
    assert.deepEqual(orders, [1, 2, 3]);
  });

  it('counts heartbeats in a row alone, on one connection', () => {
    const node = makeNodeInJob('told');
    const found = (
      [
        ['committed', 1],
        ['committed', 2],
        [undefined, 2],
        ['committed', 2],
        ['idle', 2],
        ['committed', 2],
      ] as const
    ).map(([claim, connection]) => claimed(node, claim, connection));
    assert.deepEqual(new Set(found), new Set([undefined]));
  });

  it('believes the order of messages on the connection that the order went out on', () => {
    for (const stage of ['asked', 'ready', 'told'] as const) {
      for (const claim of CLAIMS) {
        const node = makeNodeInJob('waiting');
        ordered(node, stage, 1);
        for (let i = 0; i < 3; i++) assert.equal(claimed(node, claim, 1), undefined);
      }
    }
    const running = makeNodeInJob('told');
    ordered(running, 'told', 1);
    answered(running, 'ack_run', 1);
    claimed(running, 'idle', 1);
    assert.equal(claimed(running, 'idle', 1), 'aborted');
  });

  const answers: [Stage, Parameters<typeof answered>[1], string[], Stage][] = [
    ['asked', 'ack_commit', ['ack_commit'], 'ready'],
    ['asked', 'nack_commit', ['nack_commit'], 'over'],
    ['told', 'ack_run', ['ack_run'], 'running'],
    ['ready', 'ack_run', ['ack_run'], 'running'],
    ['told', 'nack_run', ['nack_run'], 'over'],
    ['told', 'succeeded', ['ack_run', 'succeeded'], 'over'],
    ['told', 'failed', ['ack_run', 'failed'], 'over'],
    ['told', 'aborted', ['aborted'], 'over'],
    ['running', 'succeeded', ['succeeded'], 'over'],
    ['running', 'ack_commit', ['ack_commit'], 'running'],
    ['stopping', 'ack_run', ['ack_run'], 'stopping'],
    ['stopping', 'aborted', ['aborted'], 'over'],
    ['over', 'ack_run', ['ack_run'], 'over'],
  ];
  for (const [stage, answer, told, next] of answers) {
    it(`${stage}: ${answer} is told as ${told.join(', ')} and leads to ${next}`, () => {
      const node = makeNodeInJob(stage);
      assert.deepEqual(answered(node, answer, 1), told);
      assert.equal(node.stage, next);
    });
  }

  it('takes a result without an acknowledged run for what it is where nothing can be lost', () => {
    const node = makeNodeInJob('told');
    ordered(node, 'told', 1);
    assert.deepEqual(answered(node, 'succeeded', 1), ['succeeded']);
  });
});
