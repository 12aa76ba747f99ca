import type { AgentMessage } from '@pushy/protocol';
import type { Clock } from '../clock.ts';
import type { JobChanges } from '../core/job-record.ts';
import { makeNodeInJob, ordered } from '../core/node-in-job.ts';
import { isInOrder, makeNodeRecord, type NodeSettings } from '../core/node.ts';
import { makeAbsentNodes } from './absent-nodes.ts';
import type { Admitted } from './admitted.ts';
import { REMOVED_TAIL, runTail, tailFor } from './bodies.ts';
import type { Bus } from './bus.ts';
import { makeInbox, type SessionKeys } from './inbox.ts';
import type { Log } from './log.ts';
import type { MessageCounts } from './message-counts.ts';
import { isHeld, makeNodeBook, readHeartbeat } from './node-book.ts';
import type { JobAtNodes, TrackedNode, Watch } from './node-book.ts';
import { makeNodeJobs } from './node-jobs.ts';
import { makeNodeLife } from './node-life.ts';
import type { Organizations } from './org-gate.ts';
import { makeOutbox, type FrameSender } from './outbox.ts';
import { makePace } from './pace.ts';
import { down, type NodeCommand, type NodeReport } from './records.ts';
import { makePresence, type Presence } from './presence-view.ts';
import { makeRefusals } from './refusals.ts';
import { runScans } from './scans.ts';
import { makeSenderGate } from './sender-gate.ts';

/** Milliseconds, unless said otherwise (REFERENCE 1). */
export interface NodeHostSettings extends NodeSettings {
  /** Heartbeat intervals between two scans. */
  detectOfflineNodesInterval: number;
  /** Bytes. */
  maxBodySize: number;
  maxTimeSkew: number;
}

/** What the host of nodes needs. */
export interface NodeHostDeps extends Admitted {
  settings: NodeHostSettings;
  clock: Clock;
  log: Log;
  sender: FrameSender;
  sessionKeys: SessionKeys;
  organizations: Organizations;
  bus: Bus;
  counts: MessageCounts;
  /** Keeps the output of a run; false when it cannot. */
  saveOutput: (output: JobChanges['outputs'][number]) => boolean;
  /** The same for a job that is not in memory; true when nothing can be lost any more. */
  saveLateOutput: (orgId: string, output: JobChanges['outputs'][number]) => Promise<boolean>;
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

/** Decision 3: heartbeat intervals after the start in which a new job waits for nodes that were here before. */
const WAIT_FOR_NODES = 2;

/** The only holder of nodes: their messages and timers in, frames and reports out. */
export function makeNodeHost(deps: NodeHostDeps): NodeHost {
  const { settings, clock, log, bus, isExpected } = deps;
  const book = makeNodeBook();
  const absent = makeAbsentNodes();
  const waitUntil = clock.now() + WAIT_FOR_NODES * settings.heartbeatInterval;
  /** Ends the waits for nodes that are not heard. */
  const waits = new Set<() => void>();
  const refuse = makeRefusals(deps);
  const gate = makeSenderGate({ ...deps, book, refuse });
  const pace = makePace({ clock, sendTo: makeOutbox(deps), refuse });
  const { perform, guarded, isTracked, end } = makeNodeLife({ ...deps, ...pace, book, ended });
  const nodeJobs = makeNodeJobs({ ...deps, ...pace, book, perform, publish, commit });
  const inbox = makeInbox({ ...deps, refuse, deliver, flooded });
  const unsubscribe = bus.subscribe('nodes', (commands) => {
    for (const command of commands) onCommand(command);
  });
  const endScans = runScans({ ...deps, isBehind: deps.sender.isBehind, scan });

  /** What is dropped unread may be an answer: from here on the connection counts as one that has lost something. */
  function flooded(address: Buffer): void {
    const node = book.at(address);
    if (node !== undefined) node.connection += 1;
    refuse('too_many_messages', { orgId: node?.orgId, node: node?.name });
  }

  function deliver(address: Buffer, orgId: string, message: AgentMessage, signature: string): void {
    const sender = gate.pass(address, orgId, message, signature);
    if (sender === undefined) return;
    const { bound, known } = sender;
    const node = known ?? create(address, orgId, message);
    guarded(node, () => {
      if (known === undefined) begin(node);
      else if (bound === undefined) move(node, address);
      if (bound === undefined) isInOrder(node.record, message.sequence);
      onMessage(node, message);
    });
  }

  function create(address: Buffer, orgId: string, message: AgentMessage): TrackedNode {
    const node: TrackedNode = {
      orgId,
      name: message.node,
      address: Buffer.from(address),
      connection: 1,
      record: makeNodeRecord(message.incarnation_id, clock.now(), settings),
      since: clock.now(),
      nextSequence: 1,
      jobs: absent.take(orgId, message.node),
      cancelTimer: undefined,
    };
    book.add(node);
    log.info({ orgId, node: node.name }, 'node is online');
    return node;
  }

  /** Decision 3: a node that a job holds is not told to drop what it may be doing for it. */
  function begin(node: TrackedNode): void {
    const held = isHeld(node);
    perform(node, { kind: held ? 'adopted' : 'created' });
    if (!held) return;
    for (const [jobId, watch] of node.jobs) {
      if (watch.at.stage === 'waiting') commit(node, jobId, watch);
    }
  }

  function move(node: TrackedNode, address: Buffer): void {
    log.info({ orgId: node.orgId, node: node.name }, 'node is bound to a new connection');
    book.move(node, address);
    perform(node, { kind: 'moved' });
  }

  function onMessage(node: TrackedNode, message: AgentMessage): void {
    if (message.type !== 'heartbeat') {
      pace.answered(node);
      nodeJobs.onAnswer(node, message);
      return;
    }
    node.lastHeartbeat = readHeartbeat(message, clock.now());
    perform(node, {
      kind: 'heartbeat',
      incarnation: message.incarnation_id,
      now: clock.now(),
    });
    if (isTracked(node)) nodeJobs.onHeartbeat(node, message);
  }

  function onCommand(command: NodeCommand): void {
    switch (command.kind) {
      case 'commit':
        onCommit(command);
        break;
      case 'adopt':
        onAdopt(command);
        break;
      case 'run':
      case 'reset':
      case 'release':
      case 'kept':
        for (const name of command.nodes) onOrder(command, name);
        break;
    }
  }

  /** N3: whoever is not available gets no commit. Right after a restart he may be so in a moment. */
  function onCommit(command: NodeCommand & { kind: 'commit' }): void {
    const { jobId, orgId, fence, wave, nodes, tail, capture, runTimeout } = command;
    const job: JobAtNodes = { fence, tail, capture, runTimeout };
    const reports: NodeReport[] = [];
    const awaited: string[] = [];
    const ms = waitUntil - clock.now();
    for (const name of nodes) {
      const watch: Watch = { job, at: makeNodeInJob('waiting') };
      const node = book.find(orgId, name);
      if (node?.record.phase === 'idle') {
        node.jobs.set(jobId, watch);
        guarded(node, () => {
          commit(node, jobId, watch);
        });
      } else if (ms > 0 && isExpected(orgId, name)) {
        if (node === undefined) absent.put(orgId, name, jobId, watch);
        else node.jobs.set(jobId, watch);
        awaited.push(name);
      } else reports.push({ kind: 'down', jobId, node: name, fence });
    }
    giveUpAfter(ms, command, awaited);
    publish([...reports, { kind: 'handed', jobId, wave, fence }]);
  }

  function onAdopt(command: NodeCommand & { kind: 'adopt' }): void {
    const { jobId, orgId, fence, nodes, stage, tail, capture, runTimeout, grace } = command;
    const job: JobAtNodes = { fence, tail, capture, runTimeout };
    for (const name of nodes) {
      const watch: Watch = { job, at: makeNodeInJob(stage) };
      const node = book.find(orgId, name);
      if (node === undefined) absent.put(orgId, name, jobId, watch);
      else node.jobs.set(jobId, watch);
    }
    giveUpAfter(grace, command, nodes);
  }

  function giveUpAfter(
    ms: number,
    { jobId, orgId, fence }: NodeCommand,
    nodes: readonly string[],
  ): void {
    if (nodes.length === 0) return;
    const cancel = clock.after(ms, () => {
      waits.delete(cancel);
      const down = nodes.filter((name) => isStillAwaited(orgId, name, jobId));
      if (down.length > 0) log.info({ jobId, nodes: down.length }, 'nodes did not come back');
      publish(down.map((node): NodeReport => ({ kind: 'down', jobId, node, fence })));
    });
    waits.add(cancel);
  }

  /** It is not any more, afterwards. */
  function isStillAwaited(orgId: string, name: string, jobId: string): boolean {
    if (absent.remove(orgId, name, jobId)) return true;
    const jobs = book.find(orgId, name)?.jobs;
    return jobs?.get(jobId)?.at.stage === 'waiting' && jobs.delete(jobId);
  }

  function onOrder(
    command: NodeCommand & { kind: 'run' | 'reset' | 'release' | 'kept' },
    name: string,
  ): void {
    const { kind, jobId, orgId, fence } = command;
    const node = book.find(orgId, name);
    if (kind === 'kept') {
      if (node === undefined) return;
      guarded(node, () => {
        nodeJobs.acknowledge(node, jobId);
      });
      return;
    }
    const watch = node?.jobs.get(jobId) ?? absent.find(orgId, name, jobId);
    if (watch === undefined || watch.job.fence > fence) return;
    if (kind === 'release') {
      node?.jobs.delete(jobId);
      absent.remove(orgId, name, jobId);
    } else if (kind === 'run') {
      ordered(watch.at, 'told', node?.connection);
      if (node !== undefined) {
        guarded(node, () => {
          pace.sendTo(node, clock.now(), runTail(jobId));
        });
      }
    } else if (watch.at.stage === 'waiting') {
      // Nothing was ever sent: nothing has to be taken back.
      watch.at.stage = 'over';
      publish([{ kind: 'aborted', jobId, node: name, fence: watch.job.fence }]);
    } else {
      watch.at.stage = 'stopping';
      if (node !== undefined) {
        guarded(node, () => {
          perform(node, { kind: 'reset' });
        });
      }
    }
  }

  function commit(node: TrackedNode, jobId: string, watch: Watch): void {
    ordered(watch.at, 'asked', node.connection);
    const knowsTimeouts = deps.knowsTimeouts(node.orgId, node.name);
    pace.sendTo(node, clock.now(), tailFor(watch.job, knowsTimeouts));
  }

  function scan(now: number): void {
    gate.prune(now);
    for (const node of book.all()) {
      guarded(node, () => {
        perform(node, { kind: 'scan', now });
      });
    }
  }

  function ended(node: TrackedNode): void {
    pace.forget(node);
    const reports: NodeReport[] = [];
    for (const [jobId, watch] of node.jobs) {
      if (watch.at.stage === 'waiting') absent.put(node.orgId, node.name, jobId, watch);
      else reports.push(down(jobId, node.name, watch.job));
    }
    publish(reports);
  }

  function publish(reports: readonly NodeReport[]): void {
    bus.publish('jobs', reports);
  }

  return {
    presence: makePresence(book),
    dropNode(orgId, name) {
      const node = book.find(orgId, name);
      if (node !== undefined) {
        if (deps.knowsRemoval(orgId, name)) pace.sendTo(node, clock.now(), REMOVED_TAIL);
        end(node, 'removed');
      }
      publish([...absent.take(orgId, name)].map(([jobId, { job }]) => down(jobId, name, job)));
    },
    onFrames: inbox.onFrames,
    stop() {
      inbox.stop();
      pace.stop();
      unsubscribe();
      endScans();
      for (const cancel of waits) cancel();
      for (const node of book.all()) node.cancelTimer?.();
    },
  };
}
