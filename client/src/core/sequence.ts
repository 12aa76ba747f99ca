/**
 * Order of the messages of one connection (Z4). A server may start to count anew on the same connection, when it
 * has forgotten the node meanwhile (REFERENCE 13): such a message is newer by its timestamp, a replayed one is not.
 */
export interface SequenceState {
  /** Sequence of the message accepted last. */
  readonly last: number;
  /** Newest timestamp accepted, milliseconds since 1970 (the wire has whole seconds). */
  readonly newest: number;
  /** Timestamp of the message that the present count began with. */
  readonly began: number;
}

/** Nothing received yet on this connection. */
export function freshSequence(): SequenceState {
  return { last: -1, newest: -Infinity, began: -Infinity };
}

/** The next state for a message that is in order; undefined for one that was seen before. */
export function advance(
  state: SequenceState,
  sequence: number,
  timestamp: number,
): SequenceState | undefined {
  const newest = Math.max(state.newest, timestamp);
  if (sequence > state.last && timestamp >= state.began)
    return { ...state, last: sequence, newest };
  if (timestamp > state.newest) return { last: sequence, newest, began: timestamp };
  return undefined;
}
