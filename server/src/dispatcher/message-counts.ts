/** Hears of every message; a few nanoseconds each. */
export interface MessageCounts {
  /** A verified message of a node, by its type. */
  received(type: string): void;
  /** A message to a node, by its type. */
  sent(type: string): void;
  /** A message that was dropped, by the reason. */
  refused(reason: string): void;
}

/** Counts nothing. */
export const NO_COUNTS: MessageCounts = {
  received: () => undefined,
  sent: () => undefined,
  refused: () => undefined,
};
