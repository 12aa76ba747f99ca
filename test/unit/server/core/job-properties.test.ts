import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isSettled } from '@pushy/protocol';
import type { JobEffect } from '../../../../server/src/core/effects.ts';
import { JOB_TIMERS } from '../../../../server/src/core/effects.ts';
import { NODE_REPORTS } from '../../../../server/src/core/job-table.ts';
import { isLive, makeLiveJob, step, type JobEvent } from '../../../../server/src/core/job.ts';
import { newJob, recount, said } from './job-fixtures.ts';

const NAMES = ['a', 'b', 'c', 'd'];
const node = fc.constantFrom(...NAMES, 'stranger');
const event: fc.Arbitrary<JobEvent> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      node,
      report: fc.constantFrom(...NODE_REPORTS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('timer' as const),
      timer: fc.constantFrom(...JOB_TIMERS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      { kind: fc.constant('stop' as const), nodes: fc.array(node, { maxLength: 3 }) },
      { requiredKeys: ['kind'] },
    ),
  },
  { weight: 1, arbitrary: fc.constant<JobEvent>({ kind: 'crash' }) },
  { weight: 1, arbitrary: fc.constant<JobEvent>({ kind: 'start' }) },
);
const job = fc.record({
  nodes: fc.subarray(NAMES, { minLength: 1 }),
  quorum: fc.integer({ min: 0, max: 5 }),
});
const events = fc.array(event, { maxLength: 40 });

/** Whatever happened, these three end a job. */
const LAST: JobEvent[] = JOB_TIMERS.map((timer) => ({ kind: 'timer', timer }));

function namesIn(effect: JobEffect): readonly string[] {
  if ('nodes' in effect) return effect.nodes;
  if (effect.kind !== 'emit') return [];
  const { data } = effect.event;
  return 'node' in data ? [data.node] : [];
}

describe('the job machine, whatever happens to it', () => {
  it('keeps its counters equal to a recount', () => {
    fc.assert(
      fc.property(job, events, (asked, happens) => {
        const live = makeLiveJob(newJob(asked.nodes, { quorum: asked.quorum }));
        for (const what of [{ kind: 'start' } as const, ...happens]) {
          step(live, what);
          assert.deepEqual(live.counts, recount(live));
        }
      }),
    );
  });

  it('never names a node outside the job, and never an empty set', () => {
    fc.assert(
      fc.property(job, events, (asked, happens) => {
        const live = makeLiveJob(newJob(asked.nodes, { quorum: asked.quorum }));
        for (const what of [{ kind: 'start' } as const, ...happens]) {
          for (const effect of step(live, what)) {
            for (const name of namesIn(effect)) assert.ok(live.nodes.has(name), effect.kind);
            if ('nodes' in effect) assert.ok(effect.nodes.length > 0, effect.kind);
          }
        }
      }),
    );
  });

  it('Decision 7 leaves a settled node and a finished job as they are', () => {
    fc.assert(
      fc.property(job, events, (asked, happens) => {
        const live = makeLiveJob(newJob(asked.nodes, { quorum: asked.quorum }));
        for (const what of [{ kind: 'start' } as const, ...happens]) {
          const before = new Map(live.nodes);
          const { phase } = live;
          const effects = step(live, what);
          if (!isLive(phase)) assert.deepEqual([effects, live.phase], [[], phase]);
          for (const [name, part] of before) {
            if (part !== 'stopping' && isSettled(part)) assert.equal(live.nodes.get(name), part);
          }
        }
      }),
    );
  });

  it('ends every job once its timers have fired, with every node settled and one job_complete', () => {
    fc.assert(
      fc.property(job, events, (asked, happens) => {
        const live = makeLiveJob(newJob(asked.nodes, { quorum: asked.quorum }));
        const all = [{ kind: 'start' } as const, ...happens, ...LAST, ...LAST];
        const effects = all.flatMap((what) => step(live, what));
        assert.ok(!isLive(live.phase), live.phase);
        for (const part of live.nodes.values()) assert.ok(part !== 'stopping' && isSettled(part));
        const ends = said(effects).filter((text) => text.startsWith('job_complete'));
        assert.deepEqual(ends, [`job_complete(${live.phase})`]);
        assert.equal(effects.at(-1)?.kind, 'finish');
      }),
    );
  });

  it('saves what it decides: the saved statuses of a finished job are its own', () => {
    fc.assert(
      fc.property(job, events, (asked, happens) => {
        const live = makeLiveJob(newJob(asked.nodes, { quorum: asked.quorum }));
        const saved = new Map(asked.nodes.map((name) => [name, 'new']));
        const all = [{ kind: 'start' } as const, ...happens, ...LAST, ...LAST];
        let status = 'voting';
        for (const effect of all.flatMap((what) => step(live, what))) {
          if (effect.kind === 'save_job') status = effect.status;
          if (effect.kind !== 'save_nodes') continue;
          for (const name of effect.nodes) saved.set(name, effect.status);
        }
        assert.deepEqual(saved, new Map(live.nodes));
        assert.equal(status, live.phase);
      }),
    );
  });
});
