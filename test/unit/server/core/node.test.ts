import assert from 'node:assert/strict';
import {
  isInOrder,
  makeNodeRecord,
  stepNode,
  type NodeEffect,
  type NodeEvent,
  type NodeRecord,
} from '../../../../server/src/core/node.ts';
import {
  NODE_EVENTS,
  NODE_PHASES,
  NODE_TABLE,
  type NodePhase,
} from '../../../../server/src/core/node-table.ts';

const SETTINGS = {
  heartbeatInterval: 1000,
  downThreshold: 0.6,
  decayWindow: 4,
  rehabTimer: 1000,
  rehabTimerMax: 8000,
};
const ABORT: NodeEffect = { kind: 'send', type: 'abort' };

function record(phase: NodePhase): NodeRecord {
  return { ...makeNodeRecord('life-1', 0, SETTINGS), phase };
}

function event(kind: (typeof NODE_EVENTS)[number]): NodeEvent {
  return kind === 'rehab_timer' ? { kind, fraction: 0 } : { kind };
}

/** REFERENCE 13 by hand: phase, event -> phase, what is done. */
const EXPECTED: Record<string, [NodePhase, NodeEffect['kind'][]]> = {
  'post_init created': ['rehab', ['send', 'arm']],
  'post_init adopted': ['idle', ['send']],
  'rehab aborted': ['idle', ['cancel']],
  'rehab rehab_timer': ['rehab', ['send', 'arm']],
  'idle reset': ['rehab', ['send', 'arm']],
};

describe('the node machine (REFERENCE 13)', () => {
  for (const phase of NODE_PHASES) {
    for (const kind of NODE_EVENTS) {
      const [next, does] = EXPECTED[`${phase} ${kind}`] ?? [phase, []];
      it(`13 ${phase}: ${kind} leads to ${next}`, () => {
        const node = record(phase);
        const effects = stepNode(node, event(kind), SETTINGS);
        assert.equal(node.phase, next);
        assert.deepEqual(
          effects.map((effect) => effect.kind),
          does,
        );
        const sent = kind === 'adopted' ? { kind: 'send', type: 'ack' } : ABORT;
        if (does.includes('send')) assert.deepEqual(effects[0], sent);
      });
    }
  }

  it('13 has no rule beyond these', () => {
    const rules = NODE_PHASES.flatMap((phase) =>
      Object.keys(NODE_TABLE[phase]).map((kind) => `${phase} ${kind}`),
    );
    assert.deepEqual(new Set(rules), new Set(Object.keys(EXPECTED)));
  });

  it('N4 sends abort again later and later, up to a cap, and begins anew after an answer', () => {
    const node = record('post_init');
    const waits = (fraction: number) => {
      const events: NodeEvent[] = [
        { kind: 'created' },
        ...Array.from({ length: 6 }, () => ({ kind: 'rehab_timer' as const, fraction })),
      ];
      const fresh = { ...node, phase: 'post_init' as const, aborts: 7 };
      return events
        .flatMap((what) => stepNode(fresh, what, SETTINGS))
        .flatMap((effect) => (effect.kind === 'arm' ? [effect.ms] : []));
    };
    assert.deepEqual(waits(1), [1000, 2000, 4000, 8000, 8000, 8000, 8000]);
    assert.deepEqual(waits(0), [1000, 1000, 2000, 4000, 4000, 4000, 4000]);
  });

  it('N4 never waits less than rehab_timer, even when the cap is below it', () => {
    const node = record('idle');
    const [, arm] = stepNode(node, { kind: 'reset' }, { ...SETTINGS, rehabTimerMax: 10 });
    assert.deepEqual(arm, { kind: 'arm', ms: 1000 });
  });

  it('13 answers a new connection with ack', () => {
    const node = record('idle');
    assert.deepEqual(stepNode(node, { kind: 'moved' }, SETTINGS), [{ kind: 'send', type: 'ack' }]);
    assert.equal(node.phase, 'idle');
  });

  it('13 a heartbeat of another incarnation ends the record', () => {
    const heartbeat = { kind: 'heartbeat', incarnation: 'life-2', now: 0 } as const;
    const gone = [{ kind: 'gone', reason: 'other_incarnation' }];
    assert.deepEqual(stepNode(record('idle'), heartbeat, SETTINGS), gone);
    assert.deepEqual(stepNode(record('rehab'), heartbeat, SETTINGS), gone);
  });

  it('13 a heartbeat of the same incarnation, or of none, keeps it', () => {
    const node = record('idle');
    for (const incarnation of ['life-1', undefined]) {
      assert.deepEqual(stepNode(node, { kind: 'heartbeat', incarnation, now: 0 }, SETTINGS), []);
    }
    assert.equal(node.liveness.beats, 2);
  });

  it('13 remembers the first incarnation that it hears of', () => {
    const node = makeNodeRecord(undefined, 0, SETTINGS);
    stepNode(node, { kind: 'heartbeat', incarnation: 'life-1', now: 0 }, SETTINGS);
    const other = { kind: 'heartbeat', incarnation: 'life-2', now: 0 } as const;
    assert.equal(stepNode(node, other, SETTINGS)[0]?.kind, 'gone');
  });

  it('14 the heartbeat that makes a record is its first one', () => {
    const node = makeNodeRecord('life-1', 0, SETTINGS);
    stepNode(node, { kind: 'heartbeat', incarnation: 'life-1', now: 0 }, SETTINGS);
    assert.deepEqual(node.liveness, { average: 1.2, intervalStart: 0, beats: 1 });
  });

  it('S7 a record that never gets a heartbeat ends by a scan', () => {
    const node = makeNodeRecord('life-1', 0, SETTINGS);
    assert.deepEqual(stepNode(node, { kind: 'scan', now: 2999 }, SETTINGS), []);
    const gone = [{ kind: 'gone', reason: 'silent' }];
    assert.deepEqual(stepNode(node, { kind: 'scan', now: 3000 }, SETTINGS), gone);
  });

  it('Z4 takes only growing sequences on one connection, and begins anew on another', () => {
    const node = record('idle');
    assert.equal(isInOrder(node, 7), true);
    assert.equal(isInOrder(node, 7), false);
    assert.equal(isInOrder(node, 6), false);
    assert.equal(isInOrder(node, undefined), true);
    assert.equal(isInOrder(node, 9), true);
    stepNode(node, { kind: 'moved' }, SETTINGS);
    assert.equal(isInOrder(node, 1), true);
  });
});
