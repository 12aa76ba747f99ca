/**
 * Order of the messages of one connection (Z4). A server may start to count anew on the same connection, when it
 * has forgotten the node meanwhile (REFERENCE 13): such a message is newer by its timestamp, a replayed one is not.
 * The wire has whole seconds; where the connection is encrypted, so that nobody but the server says anything there,
 * another message of the same second is taken as well.
 */
export interface SequenceState {
  /** Sequence of the message accepted last. */
  readonly last: number;
  /** Newest timestamp accepted, milliseconds since 1970 (the wire has whole seconds). */
  readonly newest: number;
  /** Least timestamp that the present count alone can have. */
  readonly began: number;
  /** Signatures of what was accepted with the newest timestamp; of an encrypted connection alone. */
  readonly taken: readonly string[];
}

/** What a message says of its place. */
export interface Place {
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** Absent where the connection is not encrypted. */
  readonly signature?: string;
}

/** Messages of one second that are remembered; a server that says more counts on. */
const MOST_TAKEN = 32;

/** Nothing received yet on this connection. */
export function freshSequence(): SequenceState {
  return { last: -1, newest: -Infinity, began: -Infinity, taken: [] };
}

/** The next state for a message that is in order; undefined for one that was seen before. */
export function advance(state: SequenceState, place: Place): SequenceState | undefined {
  const { sequence, timestamp, signature } = place;
  const isNext = sequence > state.last && timestamp >= state.began;
  if (timestamp === state.newest && signature !== undefined && state.taken.includes(signature))
    return undefined;
  if (!isNext && timestamp <= state.newest && !isOther(state, place)) return undefined;
  // Of a second in which the count began anew, the messages before that are told by their signatures alone.
  const began = timestamp > state.newest ? timestamp : timestamp + 1;
  const before = timestamp > state.newest ? [] : state.taken;
  const isKept = signature !== undefined && timestamp >= state.newest && before.length < MOST_TAKEN;
  return {
    last: sequence,
    newest: Math.max(state.newest, timestamp),
    began: isNext ? state.began : began,
    taken: isKept ? [...before, signature] : before,
  };
}

/** Of the newest second, all of which is remembered: it was not taken before. */
function isOther({ newest, taken }: SequenceState, { timestamp, signature }: Place): boolean {
  return timestamp === newest && signature !== undefined && taken.length < MOST_TAKEN;
}
