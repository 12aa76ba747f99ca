import type { JobStatus, NodeStatus } from '@pushy/protocol';
import { NO_CHANGES, type JobChanges } from '../core/job-record.ts';

type Output = JobChanges['outputs'][number];
type Event = JobChanges['events'][number];
type OrgEvent = JobChanges['orgEvents'][number];
type Stop = JobChanges['stops'][number];

/** Characters of output that may wait to be saved, and that one write takes. */
const MAX_WAITING = 256 * 1024 * 1024;
const MAX_WRITE = 8 * 1024 * 1024;
/** Events that may wait. The first and last of a job are few and always find room: they have a twin. */
const MAX_EVENTS = 200_000;

/** Changes that wait to be saved: the newest status of each node and job; outputs and events in their order. */
export interface Pending {
  isEmpty(): boolean;
  /** False when too much output waits already. */
  addOutput(output: Output): boolean;
  addNodes(jobId: string, nodes: readonly string[], status: NodeStatus, at: number): void;
  addJob(jobId: string, status: JobStatus, at: number): void;
  addStop(stop: Stop): void;
  /** False when too many events wait already. */
  addEvent(event: Event, orgEvent?: OrgEvent): boolean;
  /**
   * The next batch to be written. All else goes with the last output, never before it. A run phase begins when it is
   * written: `now`, milliseconds since 1970.
   */
  take(now: number): JobChanges;
  /** A batch that was not written: what has changed since stays. */
  putBack(batch: JobChanges): void;
}

export function makePending(): Pending {
  let outputs: Output[] = [];
  let waiting = 0;
  let nodes = new Map<string, Map<string, { status: NodeStatus; at: number }>>();
  let jobs = new Map<string, { status: JobStatus; at: number }>();
  let events: Event[] = [];
  let orgEvents: OrgEvent[] = [];
  let stops: Stop[] = [];

  function nodesOf(jobId: string): Map<string, { status: NodeStatus; at: number }> {
    const ofJob = nodes.get(jobId) ?? new Map<string, { status: NodeStatus; at: number }>();
    nodes.set(jobId, ofJob);
    return ofJob;
  }

  /** As many outputs as one write takes, at least one. */
  function takeOutputs(): Output[] {
    let size = 0;
    const end = outputs.findIndex((output, index) => {
      size += sizeOf(output);
      return index > 0 && size > MAX_WRITE;
    });
    const taken = outputs.splice(0, end < 0 ? outputs.length : end);
    for (const output of taken) waiting -= sizeOf(output);
    return taken;
  }

  return {
    isEmpty: () => outputs.length + nodes.size + jobs.size + events.length + stops.length === 0,
    addOutput(output) {
      if (waiting + sizeOf(output) > MAX_WAITING) return false;
      waiting += sizeOf(output);
      outputs.push(output);
      return true;
    },
    addNodes(jobId, names, status, at) {
      const ofJob = nodesOf(jobId);
      for (const node of names) ofJob.set(node, { status, at });
    },
    addJob(jobId, status, at) {
      jobs.set(jobId, { status, at });
    },
    addStop(stop) {
      stops.push(stop);
    },
    addEvent(event, orgEvent) {
      if (events.length >= MAX_EVENTS && orgEvent === undefined) return false;
      events.push(event);
      if (orgEvent !== undefined) orgEvents.push(orgEvent);
      return true;
    },
    take(now) {
      const taken = takeOutputs();
      if (outputs.length > 0) return { ...NO_CHANGES, outputs: taken };
      const batch: JobChanges = {
        outputs: taken,
        stops,
        events,
        orgEvents,
        nodes: [...nodes].flatMap(([jobId, ofJob]) =>
          [...ofJob].map(([node, { status, at }]) => ({ jobId, node, status, at })),
        ),
        jobs: [...jobs].map(([jobId, { status, at }]) => {
          return { jobId, status, at: status === 'running' ? now : at };
        }),
      };
      nodes = new Map();
      jobs = new Map();
      events = [];
      orgEvents = [];
      stops = [];
      return batch;
    },
    putBack(batch) {
      outputs = [...batch.outputs, ...outputs];
      for (const output of batch.outputs) waiting += sizeOf(output);
      for (const { jobId, node, status, at } of batch.nodes) {
        const ofJob = nodesOf(jobId);
        if (!ofJob.has(node)) ofJob.set(node, { status, at });
      }
      for (const { jobId, status, at } of batch.jobs) {
        if (!jobs.has(jobId)) jobs.set(jobId, { status, at });
      }
      events = [...batch.events, ...events];
      orgEvents = [...batch.orgEvents, ...orgEvents];
      stops = [...batch.stops, ...stops];
    },
  };
}

function sizeOf(output: Output): number {
  return output.stdout.length + output.stderr.length;
}
