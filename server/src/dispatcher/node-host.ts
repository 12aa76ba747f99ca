import { jobIdOf, type AgentMessage, type AgentRunEnd } from '@pushy/protocol';
import type { Clock } from '../clock.ts';
import type { JobChanges } from '../core/job-record.ts';
import { isInOrder, makeNodeRecord, type NodeSettings } from '../core/node.ts';
import { runTail } from './bodies.ts';
import type { Bus } from './bus.ts';
import { makeInbox, type SessionKeys } from './inbox.ts';
import type { Log } from './log.ts';
import type { MessageCounts } from './message-counts.ts';
import { makeNodeBook, type TrackedNode } from './node-book.ts';
import { makeNodeLife } from './node-life.ts';
import type { Organizations } from './org-gate.ts';
import { makeOutbox, type FrameSender } from './outbox.ts';
import type { NodeCommand, NodeReport } from './records.ts';
import { makePresence, type Presence } from './presence-view.ts';
import { makeRefusals } from './refusals.ts';
import { runScans } from './scans.ts';

/** Milliseconds, unless said otherwise (REFERENCE 1). */
export interface NodeHostSettings extends NodeSettings {
  /** Heartbeat intervals between two scans. */
  detectOfflineNodesInterval: number;
  /** Bytes. */
  maxBodySize: number;
  maxTimeSkew: number;
}

/** What the host of nodes needs. */
export interface NodeHostDeps {
  settings: NodeHostSettings;
  clock: Clock;
  log: Log;
  sender: FrameSender;
  sessionKeys: SessionKeys;
  organizations: Organizations;
  /** False for a node that was removed: its session key alone opens nothing. Asked for every message. */
  isAdmitted: (orgId: string, node: string) => boolean;
  bus: Bus;
  counts: MessageCounts;
  /** Keeps the output of a run. */
  saveOutput: (output: JobChanges['outputs'][number]) => void;
  /** Random, in [0, 1). */
  fraction: () => number;
}

export interface NodeHost {
  presence: Presence;
  /** Forgets a node that is removed; jobs that watch it get `down`. */
  dropNode(orgId: string, node: string): void;
  onFrames(address: Buffer, frames: readonly Buffer[]): void;
  stop(): void;
}

/** Characters of a refusal's reason that are logged. */
const MAX_REASON = 500;
/** Decision 5. */
const LOST_AFTER_IDLE_BEATS = 2;

/** The only holder of nodes: their messages and timers in, frames and reports out. */
export function makeNodeHost(deps: NodeHostDeps): NodeHost {
  const { settings, clock, log, bus, saveOutput, isAdmitted } = deps;
  const book = makeNodeBook();
  const sendTo = makeOutbox(deps);
  const { perform, guarded, isTracked, end } = makeNodeLife({ ...deps, book, sendTo, ended });
  const refuse = makeRefusals(deps);
  const inbox = makeInbox({ ...deps, refuse, deliver });
  const unsubscribe = bus.subscribe('nodes', (commands) => {
    for (const command of commands) onCommand(command);
  });
  const endScans = runScans({ settings, clock, log, scan });

  function deliver(address: Buffer, orgId: string, message: AgentMessage): void {
    if (!isAdmitted(orgId, message.node)) {
      refuse('not_admitted', { orgId, node: message.node });
      return;
    }
    const bound = book.at(address);
    const known = book.find(orgId, message.node);
    if (bound !== undefined && bound !== known) {
      refuse('address_of_another_node', { orgId, node: message.node, boundTo: bound.name });
      return;
    }
    const node = known ?? create(address, orgId, message);
    guarded(node, () => {
      if (known === undefined) perform(node, { kind: 'created' });
      onMessage(node, address, message);
    });
  }

  function create(address: Buffer, orgId: string, message: AgentMessage): TrackedNode {
    const node: TrackedNode = {
      orgId,
      name: message.node,
      address: Buffer.from(address),
      record: makeNodeRecord(message.incarnation_id, clock.now(), settings),
      nextSequence: 1,
      jobs: new Map(),
      cancelTimer: undefined,
    };
    book.add(node);
    log.info({ orgId, node: node.name }, 'node is online');
    return node;
  }

  function onMessage(node: TrackedNode, address: Buffer, message: AgentMessage): void {
    if (!node.address.equals(address)) {
      log.info({ orgId: node.orgId, node: node.name }, 'node is bound to a new connection');
      book.move(node, address);
      perform(node, { kind: 'moved' });
    }
    if (!isInOrder(node.record, message.sequence)) {
      refuse('old_sequence', { orgId: node.orgId, node: node.name, sequence: message.sequence });
      return;
    }
    switch (message.type) {
      case 'heartbeat':
        onHeartbeat(node, message.incarnation_id, jobIdOf(message));
        return;
      case 'aborted':
        perform(node, { kind: 'aborted' });
        report(node, jobIdOf(message), 'aborted');
        return;
      case 'succeeded':
      case 'failed':
        keepOutput(node, message);
        break;
      case 'nack_commit':
      case 'nack_run':
        log.info(
          {
            jobId: jobIdOf(message),
            node: node.name,
            reason: message.reason?.slice(0, MAX_REASON),
          },
          'the node refuses the job',
        );
        break;
      case 'ack_commit':
      case 'ack_run':
        break;
    }
    const known = report(node, jobIdOf(message), message.type);
    if (!known) perform(node, { kind: 'reset' });
  }

  /** A heartbeat may name a job that nobody knows: the node is told to drop it (REFERENCE 12.3). */
  function onHeartbeat(
    node: TrackedNode,
    incarnation: string | undefined,
    jobId: string | null | undefined,
  ): void {
    perform(node, { kind: 'heartbeat', incarnation, now: clock.now() });
    if (!isTracked(node)) return;
    if (jobId === null) settleLostRuns(node);
    else if (jobId === undefined || !node.jobs.has(jobId)) perform(node, { kind: 'reset' });
  }

  /** Decision 5: a node that runs a job and twice says that it has none has lost the result. */
  function settleLostRuns(node: TrackedNode): void {
    for (const [jobId, watch] of node.jobs) {
      if (watch.idleBeats === undefined) continue;
      watch.idleBeats += 1;
      if (watch.idleBeats < LOST_AFTER_IDLE_BEATS) continue;
      log.warn({ jobId, node: node.name }, 'the node has no job any more and sent no result');
      report(node, jobId, 'aborted');
    }
  }

  /** False for a job that is not in memory, or that this node is no part of (REFERENCE 12.3, S5). */
  function report(
    node: TrackedNode,
    jobId: string | null | undefined,
    kind: Exclude<NodeReport['kind'], 'handed'>,
  ): boolean {
    const watch = typeof jobId === 'string' ? node.jobs.get(jobId) : undefined;
    if (watch === undefined || typeof jobId !== 'string') return false;
    watch.idleBeats = kind === 'ack_run' ? 0 : undefined;
    log.debug({ jobId, node: node.name, kind }, 'report received');
    bus.publish('jobs', [{ kind, jobId, node: node.name, fence: watch.fence }]);
    return true;
  }

  /** Decision 14: only with `capture`, then both streams; one alone is not kept (REFERENCE 8.6). */
  function keepOutput(node: TrackedNode, message: AgentRunEnd): void {
    const { stdout, stderr } = message;
    const jobId = jobIdOf(message);
    if (typeof jobId !== 'string' || node.jobs.get(jobId)?.capture !== true) return;
    if (stdout !== undefined && stderr !== undefined) {
      saveOutput({ jobId, node: node.name, stdout, stderr });
    } else {
      log.warn({ jobId, node: node.name }, 'the agent sent no output, or one stream alone');
    }
  }

  function onCommand(command: NodeCommand): void {
    const { jobId, orgId, fence } = command;
    const now = clock.now();
    const down: NodeReport[] = [];
    const tail = command.kind === 'run' ? runTail(jobId) : '';
    for (const name of command.nodes) {
      const node = book.find(orgId, name);
      if (command.kind === 'commit') {
        // N3: whoever is not available gets no commit.
        if (node?.record.phase === 'idle') commit(node, command, now);
        else down.push({ kind: 'down', jobId, node: name, fence });
        continue;
      }
      const watch = node?.jobs.get(jobId);
      if (node === undefined || watch === undefined || watch.fence > fence) continue;
      if (command.kind === 'release') node.jobs.delete(jobId);
      else {
        guarded(node, () => {
          if (command.kind === 'run') sendTo(node, now, tail);
          else perform(node, { kind: 'reset' });
        });
      }
    }
    if (command.kind !== 'commit') return;
    bus.publish('jobs', [...down, { kind: 'handed', jobId, wave: command.wave, fence }]);
  }

  function commit(node: TrackedNode, command: NodeCommand & { kind: 'commit' }, now: number): void {
    const { jobId, fence, capture, tail } = command;
    node.jobs.set(jobId, { fence, capture, idleBeats: undefined });
    guarded(node, () => {
      sendTo(node, now, tail);
    });
  }

  function scan(now: number): void {
    for (const node of book.all()) {
      guarded(node, () => {
        perform(node, { kind: 'scan', now });
      });
    }
  }

  function ended(node: TrackedNode): void {
    const down = [...node.jobs].map(([jobId, { fence }]): NodeReport => {
      return { kind: 'down', jobId, node: node.name, fence };
    });
    bus.publish('jobs', down);
  }

  return {
    presence: makePresence(book),
    dropNode(orgId, name) {
      const node = book.find(orgId, name);
      if (node !== undefined) end(node, 'removed');
    },
    onFrames: inbox.onFrames,
    stop() {
      inbox.stop();
      unsubscribe();
      endScans();
      for (const node of book.all()) node.cancelTimer?.();
    },
  };
}
