import {
  jobIdOf,
  type AgentHeartbeat,
  type AgentJobAnswer,
  type AgentMessage,
  type AgentRunEnd,
} from '@pushy/protocol';
import type { Clock } from '../clock.ts';
import type { JobChanges } from '../core/job-record.ts';
import type { NodeReportKind } from '../core/job-table.ts';
import { answered, claimed, type Finding } from '../core/node-in-job.ts';
import { resultAckTail, runTail } from './bodies.ts';
import type { Log } from './log.ts';
import type { NodeBook, TrackedNode, Watch } from './node-book.ts';
import type { NodeLife } from './node-life.ts';
import type { NodeReport } from './records.ts';

type Output = JobChanges['outputs'][number];

/** What the jobs of nodes need. */
export interface NodeJobsDeps {
  clock: Clock;
  log: Log;
  book: NodeBook;
  perform: NodeLife['perform'];
  sendTo: (node: TrackedNode, now: number, tail: string) => void;
  publish: (reports: readonly NodeReport[]) => void;
  /** Keeps the output of a run; false when it cannot. */
  saveOutput: (output: Output) => boolean;
  /** The same for a job that is not in memory; true when nothing can be lost any more. */
  saveLateOutput: (orgId: string, output: Output) => Promise<boolean>;
  /** The agent keeps a result until it is acknowledged (Decision 5). Asked for every result: a look-up. */
  acknowledges: (orgId: string, node: string) => boolean;
  /** The commit that waits for this node can go out. */
  commit: (node: TrackedNode, jobId: string, watch: Watch) => void;
}

/** What nodes say of jobs, and what becomes of it. */
export interface NodeJobs {
  onHeartbeat(node: TrackedNode, message: AgentHeartbeat): void;
  onAnswer(node: TrackedNode, message: Exclude<AgentMessage, AgentHeartbeat>): void;
  /** Answers a result that is durable. */
  acknowledge(node: TrackedNode, jobId: string): void;
}

/** Characters of a refusal's reason that are logged. */
const MAX_REASON = 500;

export function makeNodeJobs(deps: NodeJobsDeps): NodeJobs {
  const { clock, log, book, perform, sendTo, publish, acknowledges } = deps;

  /** A heartbeat may name a job that nobody knows: the node is told to drop it (REFERENCE 12.3). */
  function onHeartbeat(node: TrackedNode, message: AgentHeartbeat): void {
    const named = jobIdOf(message);
    if (named !== null && (named === undefined || !node.jobs.has(named))) {
      perform(node, { kind: 'reset' });
    }
    for (const [jobId, watch] of node.jobs) {
      const state = message.job_state === 'idle' ? undefined : message.job_state;
      const claim = named === null ? 'idle' : named === jobId ? state : undefined;
      const finding = claimed(watch.at, claim, node.connection);
      if (finding !== undefined) act(node, jobId, watch, finding);
    }
  }

  /** An order or an answer was lost on the way (Decisions 3 and 5). */
  function act(node: TrackedNode, jobId: string, watch: Watch, finding: Finding): void {
    const about = { jobId, node: node.name, finding };
    switch (finding) {
      case 'commit':
        if (node.record.phase !== 'idle') return;
        log.info(about, 'the node does not know of the job: asked again');
        deps.commit(node, jobId, watch);
        return;
      case 'run':
        log.info(about, 'the node still waits for the run: sent again');
        watch.at.orderedOn = node.connection;
        sendTo(node, clock.now(), runTail(jobId));
        return;
      case 'aborted':
        log.warn(about, 'the node has no job any more and sent no result');
        break;
      case 'ack_commit':
      case 'ack_run':
        log.info(about, 'an answer of the node was lost; its heartbeats say it');
        break;
    }
    report(node, jobId, watch, finding);
  }

  function onAnswer(node: TrackedNode, message: Exclude<AgentMessage, AgentHeartbeat>): void {
    const jobId = jobIdOf(message);
    const watch = typeof jobId === 'string' ? node.jobs.get(jobId) : undefined;
    if (message.type === 'aborted') {
      if (typeof jobId === 'string') keepStopped(node, jobId, watch, message);
      onAborted(node, jobId);
      return;
    }
    if (message.type === 'nack_commit' || message.type === 'nack_run') {
      const reason = message.reason?.slice(0, MAX_REASON);
      log.info({ jobId, node: node.name, reason }, 'the node refuses the job');
    }
    const result = message.type === 'succeeded' || message.type === 'failed' ? message : undefined;
    if (watch === undefined || typeof jobId !== 'string') {
      if (result !== undefined && typeof jobId === 'string') onLateResult(node, jobId, result);
      else perform(node, { kind: 'reset' });
      return;
    }
    const kept = result === undefined || keepOutput(node, jobId, watch, result);
    const ack = result !== undefined && kept && acknowledges(node.orgId, node.name);
    for (const kind of answered(watch.at, message.type, node.connection)) {
      report(node, jobId, watch, kind, ack && kind === message.type);
    }
  }

  /** The agent does nothing any more, whichever job it names: what it was told to drop is dropped. */
  function onAborted(node: TrackedNode, named: string | null | undefined): void {
    const wasTold = node.record.phase === 'rehab';
    perform(node, { kind: 'aborted' });
    for (const [jobId, watch] of node.jobs) {
      const { stage } = watch.at;
      const isMeant = jobId === named || (wasTold && named === null && stage !== 'over');
      if (stage === 'waiting') deps.commit(node, jobId, watch);
      else if (isMeant) {
        for (const kind of answered(watch.at, 'aborted', node.connection)) {
          report(node, jobId, watch, kind);
        }
      }
    }
  }

  /** What a run had written that was stopped, or whose time was up: its job may have left memory since. */
  function keepStopped(
    node: TrackedNode,
    jobId: string,
    watch: Watch | undefined,
    { stdout, stderr }: AgentJobAnswer,
  ): void {
    if (stdout === undefined || stderr === undefined || watch?.job.capture === false) return;
    const about = { jobId, node: node.name };
    const output = { ...about, stdout, stderr };
    if (watch === undefined) {
      deps.saveLateOutput(node.orgId, output).catch((error: unknown) => {
        log.error({ err: error, ...about }, 'the output of a stopped run could not be kept');
      });
    } else if (!deps.saveOutput(output)) {
      log.warn(about, 'the output of a stopped run could not be kept');
    }
  }

  /** Its job has left memory, or there is none (REFERENCE 12.3, S5): what it brings is looked after all the same. */
  function onLateResult(node: TrackedNode, jobId: string, result: AgentRunEnd): void {
    const { stdout, stderr } = result;
    const acknowledged = acknowledges(node.orgId, node.name);
    if (!acknowledged) perform(node, { kind: 'reset' });
    if (stdout === undefined || stderr === undefined) {
      if (acknowledged) acknowledge(node, jobId);
      return;
    }
    const output = { jobId, node: node.name, stdout, stderr };
    deps.saveLateOutput(node.orgId, output).then(
      (kept) => {
        const still = book.find(node.orgId, node.name);
        if (kept && acknowledged && still !== undefined) acknowledge(still, jobId);
      },
      (error: unknown) => {
        log.error({ err: error, jobId, node: node.name }, 'a late result could not be kept');
      },
    );
  }

  /** Decision 14: only with `capture`, then both streams; one alone is not kept (REFERENCE 8.6). */
  function keepOutput(
    node: TrackedNode,
    jobId: string,
    watch: Watch,
    { stdout, stderr }: AgentRunEnd,
  ): boolean {
    if (!watch.job.capture) return true;
    if (stdout !== undefined && stderr !== undefined) {
      return deps.saveOutput({ jobId, node: node.name, stdout, stderr });
    }
    log.warn({ jobId, node: node.name }, 'the agent sent no output, or one stream alone');
    return true;
  }

  function report(
    node: TrackedNode,
    jobId: string,
    watch: Watch,
    kind: NodeReportKind,
    ack = false,
  ): void {
    log.debug({ jobId, node: node.name, kind }, 'report received');
    const { fence } = watch.job;
    const { name } = node;
    publish([ack ? { kind, jobId, node: name, fence, ack } : { kind, jobId, node: name, fence }]);
  }

  function acknowledge(node: TrackedNode, jobId: string): void {
    sendTo(node, clock.now(), resultAckTail(jobId));
  }

  return { onHeartbeat, onAnswer, acknowledge };
}
