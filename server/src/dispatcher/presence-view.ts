import type { Availability, JobState, NodeAvailability, NodeState } from '@pushy/protocol';
import type { Heartbeat, NodeBook, TrackedNode } from './node-book.ts';

/** All that is known of a node that is connected. Times in milliseconds since 1970. */
export interface HeardNode extends NodeState {
  since: number;
  lastHeartbeat?: number;
  jobState?: JobState;
  /** Of the last heartbeat; null for none. */
  jobId?: string | null;
}

/** Which nodes are there (REFERENCE 8.7, 8.8). */
export interface Presence {
  list(orgId: string): NodeAvailability[];
  get(orgId: string, node: string): NodeState;
  heard(orgId: string): HeardNode[];
  /** Tracked nodes of all organizations (REFERENCE 8.1, `node_fsm_count`). */
  count(): number;
  /** Those of them that take jobs. */
  available(): number;
}

/** Presence read from the records of nodes and nothing else (N2). */
export function makePresence(book: NodeBook): Presence {
  return {
    list: (orgId) =>
      book.inOrg(orgId).map((node) => ({
        node_name: node.name,
        availability: availability(node),
      })),
    get(orgId, name) {
      const node = book.find(orgId, name);
      return {
        node_name: name,
        status: node === undefined ? 'offline' : 'online',
        availability: availability(node),
      };
    },
    heard: (orgId) =>
      book.inOrg(orgId).map((node) => ({
        node_name: node.name,
        status: 'online',
        availability: availability(node),
        since: node.since,
        ...(node.lastHeartbeat && said(node.lastHeartbeat)),
      })),
    count: () => book.size(),
    available: () => book.all().filter((node) => node.record.phase === 'idle').length,
  };
}

/** What it did not say is left out. */
function said({ lastHeartbeat, jobState, jobId }: Heartbeat): Partial<HeardNode> {
  return {
    lastHeartbeat,
    ...(jobState === undefined ? {} : { jobState }),
    ...(jobId === undefined ? {} : { jobId }),
  };
}

function availability(node: TrackedNode | undefined): Availability {
  return node?.record.phase === 'idle' ? 'available' : 'unavailable';
}
