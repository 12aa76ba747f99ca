import assert from 'node:assert/strict';
import {
  LIVE_PARTS,
  LIVE_PHASES,
  MASS,
  NODE_REPORTS,
  REPORTS,
  REPORTS_OF,
  type LivePart,
  type LivePhase,
  type NodePart,
  type NodeReportKind,
} from '../../../../server/src/core/job-table.ts';
import { isLive, step } from '../../../../server/src/core/job.ts';
import { isSettled } from '@pushy/protocol';
import { liveJob, PARTS, recount, report, resets, said } from './job-fixtures.ts';

/**
 * REFERENCE 12.1 and 12.2 copied by hand, one line per cell: report, part -> next part, events about node a.
 * A reset of the node goes with `rehab`.
 */
const VOTING = `
  ack_commit   new    -> ready        quorum_vote(a success)
  ack_commit   ready  -> ready        quorum_vote(a unexpected_commit)
  nack_commit  new    -> nacked       quorum_vote(a failure)
  nack_commit  ready  -> unavailable  rehab(a) quorum_vote(a lost_availibility)
  down         new    -> unavailable  quorum_vote(a down) rehab(a)
  down         ready  -> unavailable  quorum_vote(a down) rehab(a)
  ack_run      new    -> unavailable  rehab(a)
  ack_run      ready  -> unavailable  rehab(a)
  nack_run     new    -> unavailable  rehab(a)
  nack_run     ready  -> unavailable  rehab(a)
  succeeded    new    -> unavailable  rehab(a)
  succeeded    ready  -> unavailable  rehab(a)
  failed       new    -> unavailable  rehab(a)
  failed       ready  -> unavailable  rehab(a)
  aborted      new    -> unavailable  rehab(a)
  aborted      ready  -> unavailable  rehab(a)
`;
const RUNNING = `
  ack_run      ready   -> running    run_start(a)
  ack_run      running -> running
  nack_run     ready   -> failed     rehab(a) run_complete(a run_nacked)
  nack_run     running -> failed     rehab(a) run_complete(a run_nacked_while_running)
  succeeded    ready   -> crashed    rehab(a) run_complete(a crashed)
  succeeded    running -> succeeded  run_complete(a success)
  failed       ready   -> crashed    rehab(a) run_complete(a crashed)
  failed       running -> failed     run_complete(a failure)
  ack_commit   ready   -> crashed    rehab(a) run_complete(a crashed)
  ack_commit   running -> crashed    rehab(a) run_complete(a crashed)
  nack_commit  ready   -> crashed    rehab(a) run_complete(a crashed)
  nack_commit  running -> crashed    rehab(a) run_complete(a crashed)
  aborted      ready   -> crashed    rehab(a) run_complete(a crashed)
  aborted      running -> crashed    rehab(a) run_complete(a crashed)
  down         ready   -> crashed    rehab(a) run_complete(a crashed)
  down         running -> crashed    rehab(a) run_complete(a crashed)
`;
/** Decision 8: what a node says that was told to abort by request. */
const STOPPING_VOTES = `
  ack_commit   stopping -> stopping
  nack_commit  stopping -> nacked    quorum_vote(a failure)
  ack_run      stopping -> stopping
  nack_run     stopping -> stopping
  succeeded    stopping -> stopping
  failed       stopping -> stopping
  aborted      stopping -> aborted   quorum_vote(a aborted)
  down         stopping -> aborted   quorum_vote(a aborted)
`;
const STOPPING_RUNS = `
  ack_commit   stopping -> stopping
  nack_commit  stopping -> stopping
  ack_run      stopping -> stopping
  nack_run     stopping -> aborted   run_complete(a aborted)
  succeeded    stopping -> succeeded run_complete(a success)
  failed       stopping -> failed    run_complete(a failure)
  aborted      stopping -> aborted   run_complete(a aborted)
  down         stopping -> aborted   run_complete(a aborted)
`;

interface Cell {
  kind: NodeReportKind;
  from: LivePart;
  to: NodePart;
  events: string[];
}

function cells(table: string): Cell[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [, kind, from, to, events] = /^\s*(\w+)\s+(\w+)\s+-> (\w+)\s*(.*)$/.exec(line)!;
      return { kind, from, to, events: events!.match(/\w+\(.*?\)/g) ?? [] } as Cell;
    });
}

const EXPECTED: Record<LivePhase, Cell[]> = {
  new: [],
  voting: [...cells(VOTING), ...cells(STOPPING_VOTES)],
  running: [...cells(RUNNING), ...cells(STOPPING_RUNS)],
  stopping_votes: cells(STOPPING_VOTES),
  stopping_runs: cells(STOPPING_RUNS),
};
/** A second node that keeps the phase from ending. */
const OTHER: Record<LivePhase, LivePart> = {
  new: 'new',
  voting: 'new',
  running: 'running',
  stopping_votes: 'stopping',
  stopping_runs: 'stopping',
};

describe('reports to a job (REFERENCE 12)', () => {
  for (const phase of LIVE_PHASES) {
    for (const { kind, from, to, events } of EXPECTED[phase]) {
      it(`12 ${phase}: ${kind} takes a node from ${from} to ${to}`, () => {
        const live = liveJob(phase, { a: from, b: OTHER[phase] });
        const effects = step(live, report(`${kind} a`));
        assert.equal(live.nodes.get('a'), to);
        assert.deepEqual(said(effects), events);
        assert.deepEqual(resets(effects), events.includes('rehab(a)') ? ['a'] : []);
        const saves = effects.filter((effect) => effect.kind === 'save_nodes');
        const saved = to === from ? [] : [{ kind: 'save_nodes', nodes: ['a'], status: to }];
        assert.deepEqual(saves, saved);
        assert.deepEqual(live.counts, recount(live));
        assert.equal(live.phase, phase);
      });
    }
  }

  it('12 says something about every report and every part that a phase can hold', () => {
    for (const phase of LIVE_PHASES) {
      const table = REPORTS_OF[phase];
      if (table === undefined) continue;
      const written = EXPECTED[phase].map(({ kind, from }) => `${kind} ${from}`);
      const ruled = NODE_REPORTS.flatMap((kind) =>
        Object.keys(REPORTS[table][kind]).map((part) => `${kind} ${part}`),
      ).filter((cell) => !phase.startsWith('stopping') || cell.endsWith(' stopping'));
      assert.deepEqual(new Set(written), new Set(ruled));
    }
  });

  for (const phase of [...LIVE_PHASES, 'complete', 'aborted'] as const) {
    it(`J1 a settled node, or a finished job, ignores every report (${phase})`, () => {
      for (const part of PARTS) {
        for (const kind of NODE_REPORTS) {
          const expected = isLive(phase) ? EXPECTED[phase] : [];
          if (expected.some((cell) => cell.kind === kind && cell.from === part)) continue;
          const ruled = isLive(phase) ? REPORTS_OF[phase] : undefined;
          // A part that this phase never holds, in a table that it shares with another.
          if (ruled !== undefined && part in REPORTS[ruled][kind]) continue;
          const live = liveJob(phase, { a: part, b: 'new' });
          assert.deepEqual(step(live, report(`${kind} a`)), [], `${kind} ${part}`);
          assert.equal(live.nodes.get('a'), part);
        }
      }
    });
  }

  it('S5 ignores a node that is not in the job', () => {
    for (const phase of LIVE_PHASES) {
      for (const kind of NODE_REPORTS) {
        const live = liveJob(phase, { a: OTHER[phase] });
        assert.deepEqual(step(live, report(`${kind} stranger`)), []);
        assert.equal(live.nodes.size, 1);
      }
    }
  });

  it('has rules for many nodes only for parts that are not settled', () => {
    for (const phase of LIVE_PHASES) {
      for (const rule of Object.values(MASS[phase]).flat()) {
        assert.ok((LIVE_PARTS as readonly string[]).includes(rule.from));
        assert.ok(rule.to === 'stopping' || isSettled(rule.to));
      }
    }
  });
});
