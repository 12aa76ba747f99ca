import {
  formatHttpDate,
  type JobState,
  type NodeAvailability,
  type NodeDetail,
  type NodeState,
} from '@pushy/protocol';
import type { Allowed, Route } from '../route.ts';

/** What is known of a node that is connected. Times in milliseconds since 1970. */
export interface HeardNode extends NodeState {
  since: number;
  lastHeartbeat?: number;
  jobState?: JobState;
  /** null: none. */
  jobId?: string | null;
}

/** Which nodes are there: one source of truth for all routes (N1, N2). */
export interface Presence {
  list(orgId: string): readonly NodeAvailability[];
  get(orgId: string, node: string): NodeState;
  heard(orgId: string): readonly HeardNode[];
}

/** The names of an organization's nodes, whether they were ever heard or not. */
export interface NodeNames {
  nodes(org: string): Promise<readonly string[]>;
}

/** `GET node_states` (REFERENCE 8.7); with `detail=true` every node of the organization. */
export function makeListNodes(presence: Presence, names: NodeNames): Route<undefined> {
  return {
    ...unchecked,
    answer: async (allowed) => ({
      status: 200,
      json:
        allowed.query['detail'] === true
          ? await everyNode(allowed, presence, names)
          : presence.list(allowed.orgId),
    }),
  };
}

/** `GET node_states/NODE`: 200 for every name (REFERENCE 8.8). */
export function makeGetNode(presence: Presence): Route<undefined> {
  return {
    ...unchecked,
    answer: ({ orgId, params }) =>
      Promise.resolve({ status: 200, json: presence.get(orgId, params['node'] ?? '') }),
  };
}

const unchecked: Pick<Route<undefined>, 'check'> = {
  check: () => ({ ok: true, value: undefined }),
};

/** Sorted by name: those that the directory knows, and those that are connected all the same. */
async function everyNode(
  { org, orgId }: Allowed,
  presence: Presence,
  names: NodeNames,
): Promise<NodeDetail[]> {
  const known = await names.nodes(org);
  const heard = new Map(presence.heard(orgId).map((node) => [node.node_name, node]));
  return [...new Set([...known, ...heard.keys()])].sort().map((name) => {
    const node = heard.get(name);
    return node === undefined
      ? { node_name: name, status: 'offline', availability: 'unavailable' }
      : detailOf(node);
  });
}

function detailOf(node: HeardNode): NodeDetail {
  const { node_name, status, availability, since, lastHeartbeat, jobState, jobId } = node;
  return {
    node_name,
    status,
    availability,
    online_since: formatHttpDate(since),
    ...(lastHeartbeat === undefined ? {} : { last_heartbeat_at: formatHttpDate(lastHeartbeat) }),
    ...(jobState === undefined ? {} : { job_state: jobState }),
    ...(jobId === undefined ? {} : { job_id: jobId }),
  };
}
