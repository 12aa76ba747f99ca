import { JOB_TIMERS } from '../../server/src/core/effects.ts';
import type { NewJob } from '../../server/src/core/job-record.ts';
import {
  LIVE_PARTS,
  MASS,
  NODE_REPORTS,
  REPORTS,
  type JobPhase,
  type MassRule,
  type Rule,
} from '../../server/src/core/job-table.ts';
import {
  isLive,
  makeLiveJob,
  step,
  type JobEvent,
  type LiveJob,
} from '../../server/src/core/job.ts';
import { NODE_TABLE, type NodeRule } from '../../server/src/core/node-table.ts';

/** The machines of a job, of a node in it and of a node's record as Markdown, drawn from their tables. */
export function drawMachines(): string {
  return [
    '### A job',
    'Its phases, as they follow from the tables below. "report" is any message or loss of a node.',
    diagram(jobPhases()),
    ...Object.entries(REPORTS).flatMap(([phase, rows]) => [
      `### A node in a job that is ${phase}`,
      reportTable(rows),
    ]),
    '### All nodes of a job at once',
    massTable(),
    "### A node's record",
    diagram(nodePhases()),
    nodeTable(),
  ].join('\n\n');
}

interface Arrow {
  from: string;
  to: string;
  label: string;
}

function diagram(arrows: readonly Arrow[]): string {
  const labels = new Map<string, string[]>();
  for (const { from, to, label } of arrows) {
    const key = `${from} --> ${to}`;
    const known = labels.get(key) ?? [];
    if (!known.includes(label)) known.push(label);
    labels.set(key, known);
  }
  const lines = [...labels].map(([arrow, of]) => `  ${arrow}: ${of.sort().join(', ')}`);
  return ['```mermaid', 'stateDiagram-v2', ...lines, '```'].join('\n');
}

/** Every change of phase that a job of two nodes can make: found by letting everything happen to it everywhere. */
function jobPhases(): Arrow[] {
  const found: Arrow[] = [{ from: '[*]', to: 'new', label: 'created' }];
  for (const quorum of [0, 1, 2]) {
    const known = new Set<string>();
    const waiting = [makeLiveJob(jobOf(quorum))];
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      for (const event of happenings) {
        const next = structuredClone(job);
        step(next, event);
        if (next.phase !== job.phase) {
          found.push({ from: job.phase, to: next.phase, label: labelOf(event) });
        }
        const key = JSON.stringify([next.phase, ...next.nodes]);
        if (known.has(key)) continue;
        known.add(key);
        if (isLive(next.phase)) waiting.push(next);
        else found.push({ from: next.phase, to: '[*]', label: 'the end' });
      }
    }
  }
  return found.sort((a, b) => rank(a.from) - rank(b.from) || rank(a.to) - rank(b.to));
}

const NODES = ['a', 'b'];

const happenings: readonly JobEvent[] = [
  { kind: 'start' },
  { kind: 'resume' },
  ...NODE_REPORTS.flatMap((report) =>
    NODES.map((node): JobEvent => ({ kind: 'report', node, report })),
  ),
  ...JOB_TIMERS.map((timer): JobEvent => ({ kind: 'timer', timer })),
  { kind: 'stop' },
  { kind: 'stop', nodes: ['a'] },
  { kind: 'crash' },
];

function labelOf(event: JobEvent): string {
  return event.kind === 'timer' ? `${event.timer} timer` : event.kind;
}

/** Phases in the order of a job's life; a compile error says when one is missing. */
const ORDER: Readonly<Record<LiveJob['phase'], number>> = {
  new: 1,
  voting: 2,
  running: 3,
  stopping_votes: 4,
  stopping_runs: 5,
  complete: 6,
  quorum_failed: 7,
  timed_out: 8,
  aborted: 9,
  crashed: 10,
};

function rank(phase: string): number {
  return phase === '[*]' ? 0 : ORDER[phase as JobPhase];
}

function jobOf(quorum: number): NewJob {
  return {
    id: '0'.repeat(32),
    orgId: '0'.repeat(32),
    orgName: 'acme',
    requester: 'alice',
    command: 'chef-client',
    nodes: NODES,
    quorum,
    runTimeout: 1,
    capture: false,
    createdAt: 0,
  };
}

type Rows = Readonly<Record<string, Readonly<Partial<Record<string, Rule>>>>>;

function reportTable(rows: Rows): string {
  const parts = LIVE_PARTS.filter((part) => Object.values(rows).some((row) => part in row));
  return table(
    ['report', ...parts.map(code)],
    Object.entries(rows).map(([report, row]) => [
      code(report),
      ...parts.map((part) => ruleText(row[part])),
    ]),
  );
}

function massTable(): string {
  const rows = Object.entries(MASS).flatMap(([phase, events]) =>
    Object.entries<readonly MassRule[]>(events).map(([event, rules]) => [
      code(phase),
      code(event),
      rules.map((rule) => `${code(rule.from)} ${ruleText(rule)}`).join('<br>'),
    ]),
  );
  return table(['phase', 'event', 'nodes'], rows);
}

function ruleText(rule: Rule | MassRule | undefined): string {
  if (rule === undefined) return '-';
  const said = rule.does.map((what) =>
    typeof what === 'string' ? what : `${what[0]}(${what[1]})`,
  );
  const parts = [...(rule.to === undefined ? [] : [`→ ${code(rule.to)}`]), ...said];
  return parts.length === 0 ? 'ignored' : parts.join('; ');
}

function nodePhases(): Arrow[] {
  return [
    { from: '[*]', to: 'post_init', label: 'first verified message' },
    ...nodeRules().map(({ from, event, rule }) => ({ from, to: rule.to, label: event })),
  ];
}

function nodeTable(): string {
  return table(
    ['phase', 'event', 'next', 'does'],
    nodeRules().map(({ from, event, rule }) => [
      code(from),
      code(event),
      code(rule.to),
      rule.does.join(', '),
    ]),
  );
}

function nodeRules(): { from: string; event: string; rule: NodeRule }[] {
  return Object.entries(NODE_TABLE).flatMap(([from, row]) =>
    Object.entries<NodeRule>(row).map(([event, rule]) => ({ from, event, rule })),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}
