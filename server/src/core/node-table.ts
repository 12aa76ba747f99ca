/** Phases of a node's record (REFERENCE 13). It is available in `idle` alone (N1, N2: one source of truth). */
export const NODE_PHASES = ['post_init', 'rehab', 'idle'] as const;
export type NodePhase = (typeof NODE_PHASES)[number];

/** What moves a record between its phases. */
export const NODE_EVENTS = ['created', 'adopted', 'aborted', 'reset', 'rehab_timer'] as const;
export type NodeEventKind = (typeof NODE_EVENTS)[number];

/**
 * `abort`: send abort and arm the rehab timer. `cancel`: the rehab timer is not needed any more. `ack`: send ack, for
 * something has to be sent on a new connection (REFERENCE 13).
 */
export interface NodeRule {
  readonly to: NodePhase;
  readonly does: readonly ('abort' | 'cancel' | 'ack')[];
}

const TO_REHAB: NodeRule = { to: 'rehab', does: ['abort'] };

/**
 * REFERENCE 13, a row per phase; what is missing changes nothing. `adopted` in place of `created`: a job that goes on
 * after a restart holds the node, so that nothing is aborted (Decision 3).
 */
export const NODE_TABLE = {
  post_init: { created: TO_REHAB, adopted: { to: 'idle', does: ['ack'] } },
  rehab: { aborted: { to: 'idle', does: ['cancel'] }, rehab_timer: TO_REHAB },
  idle: { reset: TO_REHAB },
} as const satisfies Record<NodePhase, Partial<Record<NodeEventKind, NodeRule>>>;
