import { isSettled, NODE_STATUSES } from '@pushy/protocol';
import type { JobEffect, JobTimer } from './effects.ts';
import { startEvent, type EndStatus, type FeedEvent } from './feed-event.ts';
import type { NewJob, UnfinishedJob } from './job-record.ts';
import {
  LIVE_PARTS,
  LIVE_PHASES,
  MASS,
  REPORTS,
  REPORTS_OF,
  STAGES_OF,
  TIMER_OF,
  type JobPhase,
  type LivePart,
  type LivePhase,
  type MassEvent,
  type MassRule,
  type NodePart,
  type NodeReportKind,
  type Rule,
  type Said,
} from './job-table.ts';
import type { Stage } from './node-in-job.ts';

/** A job in memory. Only `step` changes it. */
export interface LiveJob {
  readonly job: NewJob;
  phase: JobPhase;
  /** By node name, in the order of the request. */
  readonly nodes: Map<string, NodePart>;
  /** How many nodes have each part: no message has to count them. */
  readonly counts: Record<NodePart, number>;
}

/** What can happen to a job. */
export type JobEvent =
  | { kind: 'start' }
  /** The server was restarted, and the job was read back (Decision 3). */
  | { kind: 'resume' }
  | { kind: 'report'; node: string; report: NodeReportKind }
  | { kind: 'timer'; timer: JobTimer }
  /** Of the whole job, or of some of its nodes (Decision 8). */
  | { kind: 'stop'; nodes?: readonly string[] }
  /** The program failed at this job (J3). */
  | { kind: 'crash' };

/** A job before its start: every node is `new`. */
export function makeLiveJob(job: NewJob): LiveJob {
  return liveJob(job, 'new', new Map(job.nodes.map((node) => [node, 'new'])));
}

/** A job as it was read back after a restart (Decision 3); `resume` makes it go on. */
export function makeResumedJob({ job, status, stopped, nodes }: UnfinishedJob): LiveJob {
  if (status !== 'new' && status !== 'voting' && status !== 'running') {
    throw new Error(`job ${job.id} is ${status}: it cannot go on`);
  }
  const stopping = { new: 'new', voting: 'stopping_votes', running: 'stopping_runs' } as const;
  const parts = nodes.map(({ node, status: part, stopped: alone }): [string, NodePart] => {
    return [node, (stopped || alone) && !isSettled(part) && status !== 'new' ? 'stopping' : part];
  });
  return liveJob(job, stopped ? stopping[status] : status, new Map(parts));
}

function liveJob(job: NewJob, phase: LivePhase, nodes: Map<string, NodePart>): LiveJob {
  const parts: readonly NodePart[] = [...NODE_STATUSES, 'stopping'];
  const counts = Object.fromEntries(parts.map((part) => [part, 0])) as Record<NodePart, number>;
  for (const part of nodes.values()) counts[part] += 1;
  return { job, phase, nodes, counts };
}

/** True while the job can change. */
export function isLive(phase: JobPhase): phase is LivePhase {
  return (LIVE_PHASES as readonly JobPhase[]).includes(phase);
}

/**
 * REFERENCE 12: changes the job in place and answers what is to be done, in order. A report costs the same
 * for any number of nodes. An event that has no rule in the job's phase, or names a foreign node (S5),
 * changes nothing.
 */
export function step(job: LiveJob, event: JobEvent): JobEffect[] {
  const { phase } = job;
  if (!isLive(phase)) return [];
  const effects: JobEffect[] = [];
  switch (event.kind) {
    case 'start':
      if (phase === 'new') start(job, effects);
      break;
    case 'resume':
      resume(job, phase, effects);
      break;
    case 'report':
      report(job, phase, event.node, event.report, effects);
      break;
    case 'timer':
      onTimer(job, phase, event.timer, effects);
      break;
    case 'stop':
      stop(job, phase, event.nodes, effects);
      break;
    case 'crash':
      crash(job, phase, effects);
      break;
  }
  return effects;
}

function start(job: LiveJob, effects: JobEffect[]): void {
  job.phase = 'voting';
  effects.push(
    { kind: 'emit', event: startEvent(job.job) },
    { kind: 'commit', nodes: [...job.nodes.keys()], wave: 0 },
    { kind: 'arm', timer: 'voting' },
  );
  evaluate(job, effects);
}

/** Decision 3: the phase goes on with what is left of its time. A job that was never started cannot go on. */
function resume(job: LiveJob, phase: LivePhase, effects: JobEffect[]): void {
  if (phase === 'new') {
    crash(job, phase, effects);
    return;
  }
  applyToAll(job, massRules(phase, 'resume') ?? [], effects);
  const stages: Partial<Record<LivePart, Stage>> = STAGES_OF[phase];
  for (const part of LIVE_PARTS) {
    const stage = stages[part];
    if (stage === undefined || job.counts[part] === 0) continue;
    effects.push({ kind: 'adopt', nodes: inPart(job, part), stage });
  }
  const timer = TIMER_OF[phase];
  if (timer !== undefined) effects.push({ kind: 'arm', timer, rest: true });
  if (job.counts.stopping > 0) effects.push({ kind: 'arm', timer: 'abort' });
  evaluate(job, effects);
}

function report(
  job: LiveJob,
  phase: LivePhase,
  node: string,
  kind: NodeReportKind,
  effects: JobEffect[],
): void {
  const part = job.nodes.get(node);
  const table = REPORTS_OF[phase];
  if (part === undefined || table === undefined) return;
  const row: Partial<Record<NodePart, Rule>> = REPORTS[table][kind];
  const rule = row[part];
  if (rule === undefined) return;
  if (rule.to !== undefined) {
    move(job, node, part, rule.to);
    effects.push({ kind: 'save_nodes', nodes: [node], status: rule.to });
  }
  for (const what of rule.does) {
    if (what === 'rehab') {
      effects.push({ kind: 'reset', nodes: [node] });
      emit({ name: 'rehab', data: { node } }, effects);
    } else say(what, node, effects);
  }
  evaluate(job, effects);
}

function onTimer(job: LiveJob, phase: LivePhase, timer: JobTimer, effects: JobEffect[]): void {
  const rules = massRules(phase, timer);
  if (rules === undefined) return;
  applyToAll(job, rules, effects);
  if (timer === 'run') finish(job, 'timed_out', effects);
  else evaluate(job, effects);
}

function stop(
  job: LiveJob,
  phase: LivePhase,
  nodes: readonly string[] | undefined,
  effects: JobEffect[],
): void {
  const rules = massRules(phase, 'stop');
  if (rules === undefined) return;
  if (nodes === undefined) {
    applyToAll(job, rules, effects);
    effects.push({ kind: 'cancel', timer: phase === 'voting' ? 'voting' : 'run' });
    job.phase = phase === 'voting' ? 'stopping_votes' : 'stopping_runs';
  } else {
    const asked = new Set(nodes);
    for (const rule of rules) apply(job, rule, [...asked].filter(isIn(job, rule)), effects);
  }
  if (effects.length > 0) effects.push({ kind: 'arm', timer: 'abort' });
}

function crash(job: LiveJob, phase: LivePhase, effects: JobEffect[]): void {
  applyToAll(job, MASS[phase].crash, effects);
  finish(job, 'crashed', effects);
}

/** The lines after the tables of REFERENCE 12.1 and 12.2: is the phase over? */
function evaluate(job: LiveJob, effects: JobEffect[]): void {
  const { counts, phase } = job;
  if (phase === 'voting') {
    // J5: every vote is waited for, though the outcome may be decided.
    if (counts.new + counts.stopping === 0) judge(job, effects);
  } else if (phase === 'running') {
    if (counts.ready + counts.running + counts.stopping === 0) finish(job, 'complete', effects);
  } else if (counts.stopping === 0) finish(job, 'aborted', effects);
}

function judge(job: LiveJob, effects: JobEffect[]): void {
  if (job.counts.ready >= job.job.quorum) run(job, effects);
  else {
    applyToAll(job, MASS.voting.quorum_failed, effects);
    finish(job, 'quorum_failed', effects);
  }
}

function run(job: LiveJob, effects: JobEffect[]): void {
  const ready = inPart(job, 'ready');
  job.phase = 'running';
  emit({ name: 'quorum_succeeded', data: {} }, effects);
  effects.push({ kind: 'cancel', timer: 'voting' }, { kind: 'save_job', status: 'running' });
  if (ready.length > 0) effects.push({ kind: 'run', nodes: ready, wave: 0 });
  effects.push({ kind: 'arm', timer: 'run' });
  evaluate(job, effects);
}

function finish(job: LiveJob, status: EndStatus, effects: JobEffect[]): void {
  job.phase = status;
  effects.push(
    { kind: 'save_job', status },
    { kind: 'finish', status, event: { name: 'job_complete', data: { status } } },
  );
}

function massRules(phase: LivePhase, event: MassEvent): readonly MassRule[] | undefined {
  const row: Partial<Record<MassEvent, readonly MassRule[]>> = MASS[phase];
  return row[event];
}

function applyToAll(job: LiveJob, rules: readonly MassRule[], effects: JobEffect[]): void {
  for (const rule of rules) {
    if (job.counts[rule.from] === 0) continue;
    apply(job, rule, inPart(job, rule.from), effects);
  }
}

function inPart(job: LiveJob, part: NodePart): string[] {
  return [...job.nodes.keys()].filter((node) => job.nodes.get(node) === part);
}

function isIn(job: LiveJob, rule: MassRule): (node: string) => boolean {
  return (node) => job.nodes.get(node) === rule.from;
}

/** One effect for the whole set, except for the events: those are one a node. */
function apply(job: LiveJob, rule: MassRule, nodes: readonly string[], effects: JobEffect[]): void {
  if (nodes.length === 0) return;
  for (const node of nodes) move(job, node, rule.from, rule.to);
  for (const what of rule.does) {
    if (what === 'abort') effects.push({ kind: 'reset', nodes });
    else for (const node of nodes) say(what, node, effects);
  }
  if (rule.to !== 'stopping') effects.push({ kind: 'save_nodes', nodes, status: rule.to });
}

function say(what: Said, node: string, effects: JobEffect[]): void {
  if (what === 'run_start') emit({ name: what, data: { node } }, effects);
  else if (what[0] === 'quorum_vote') {
    emit({ name: 'quorum_vote', data: { node, status: what[1] } }, effects);
  } else emit({ name: 'run_complete', data: { node, status: what[1] } }, effects);
}

function emit(event: FeedEvent, effects: JobEffect[]): void {
  effects.push({ kind: 'emit', event });
}

function move(job: LiveJob, node: string, from: NodePart, to: NodePart): void {
  job.nodes.set(node, to);
  job.counts[from] -= 1;
  job.counts[to] += 1;
}
