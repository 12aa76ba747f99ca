import { jobIdOf, type AgentHeartbeat, type JobState } from '@pushy/protocol';
import type { NodeInJob, Stage } from '../core/node-in-job.ts';
import type { NodeRecord } from '../core/node.ts';

/** What all nodes of a job share at their host. */
export interface JobAtNodes {
  readonly fence: number;
  /** Output of this job is kept. */
  readonly capture: boolean;
  /** Of its commit. */
  readonly tail: string;
  /** Seconds: what nodes that want to know are told beside the tail. */
  readonly runTimeout: number;
}

/** A job that wants to hear of a node. */
export interface Watch {
  job: JobAtNodes;
  readonly at: NodeInJob;
}

/** What a heartbeat said, and when, in milliseconds since 1970. */
export interface Heartbeat {
  readonly lastHeartbeat: number;
  readonly jobState: JobState | undefined;
  /** null: none. */
  readonly jobId: string | null | undefined;
}

/** A node that is connected to this instance. */
export interface TrackedNode {
  readonly orgId: string;
  readonly name: string;
  address: Buffer;
  /** Counts the connections that it had, from 1, and every loss on one: on one number nothing is lost unseen. */
  connection: number;
  readonly record: NodeRecord;
  /** Of its first verified message, milliseconds since 1970. */
  readonly since: number;
  /** What its last heartbeat said, for people. */
  lastHeartbeat?: Heartbeat;
  /** Sequence of the next message to it (REFERENCE 15.5: from 1 per record). */
  nextSequence: number;
  /** By job id: the jobs that this node was asked to commit to and that are in memory. */
  readonly jobs: Map<string, Watch>;
  /** Cancels the rehab timer. */
  cancelTimer: (() => void) | undefined;
}

/** Tracked nodes by name and by the connection that they are bound to: one node per connection (S4). */
export interface NodeBook {
  find(orgId: string, name: string): TrackedNode | undefined;
  at(address: Buffer): TrackedNode | undefined;
  add(node: TrackedNode): void;
  /** Binds the node to another connection. */
  move(node: TrackedNode, address: Buffer): void;
  remove(node: TrackedNode): void;
  inOrg(orgId: string): TrackedNode[];
  all(): TrackedNode[];
  size(): number;
}

export function makeNodeBook(): NodeBook {
  const orgs = new Map<string, Map<string, TrackedNode>>();
  const addresses = new Map<string, TrackedNode>();

  return {
    find: (orgId, name) => orgs.get(orgId)?.get(name),
    at: (address) => addresses.get(key(address)),
    add(node) {
      const ofOrg = orgs.get(node.orgId) ?? new Map<string, TrackedNode>();
      orgs.set(node.orgId, ofOrg.set(node.name, node));
      addresses.set(key(node.address), node);
    },
    move(node, address) {
      addresses.delete(key(node.address));
      node.address = Buffer.from(address);
      node.connection += 1;
      addresses.set(key(address), node);
    },
    remove(node) {
      const ofOrg = orgs.get(node.orgId);
      ofOrg?.delete(node.name);
      if (ofOrg?.size === 0) orgs.delete(node.orgId);
      addresses.delete(key(node.address));
    },
    inOrg: (orgId) => [...(orgs.get(orgId)?.values() ?? [])],
    all: () => [...addresses.values()],
    size: () => addresses.size,
  };
}

function key(address: Buffer): string {
  return address.toString('latin1');
}

/** What a heartbeat says, for people. */
export function readHeartbeat(message: AgentHeartbeat, now: number): Heartbeat {
  return { lastHeartbeat: now, jobState: message.job_state, jobId: jobIdOf(message) };
}

/** Stages at which a job that goes on holds a node. */
const HOLDS: ReadonlySet<Stage> = new Set<Stage>(['asked', 'ready', 'told', 'running']);

/** True for a node that must not be aborted when it is heard again (Decision 3). */
export function isHeld(node: TrackedNode): boolean {
  return [...node.jobs.values()].some(({ at }) => HOLDS.has(at.stage));
}
