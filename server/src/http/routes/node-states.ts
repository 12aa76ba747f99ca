import type { NodeAvailability, NodeState } from '@pushy/protocol';
import type { Route } from '../route.ts';

/** Which nodes are there: one source of truth for both routes (N1, N2). */
export interface Presence {
  list(orgId: string): readonly NodeAvailability[];
  get(orgId: string, node: string): NodeState;
}

/** `GET node_states` (REFERENCE 8.7). */
export function makeListNodes(presence: Presence): Route<undefined> {
  return {
    ...reading,
    answer: ({ orgId }) => Promise.resolve({ status: 200, json: presence.list(orgId) }),
  };
}

/** `GET node_states/NODE`: 200 for every name (REFERENCE 8.8). */
export function makeGetNode(presence: Presence): Route<undefined> {
  return {
    ...reading,
    answer: ({ orgId, params }) =>
      Promise.resolve({ status: 200, json: presence.get(orgId, params['node'] ?? '') }),
  };
}

const reading: Pick<Route<undefined>, 'check'> = {
  check: () => ({ ok: true, value: undefined }),
};
