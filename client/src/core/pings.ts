/** Least time for the answer to a ping, milliseconds. */
const LEAST_MS = 1000;

/** When a command channel that stands is asked whether anybody is there, and how long the answer may take. */
export interface Pings {
  readonly everyMs: number;
  readonly timeoutMs: number;
}

/**
 * A ping costs the server as much as half of a heartbeat, and is needed rarely: a host that is dead does not
 * acknowledge the heartbeats, which TCP notices by itself, and one that hangs does not broadcast. So it is for a proxy
 * alone that acknowledges for a server which has gone: asked so seldom that the channel is there again five intervals
 * after it was lost (Decision 9), with the half of one that a new connection waits for.
 */
export function pingsFor(intervalMs: number): Pings {
  return { everyMs: 2 * intervalMs, timeoutMs: Math.max(2 * intervalMs, LEAST_MS) };
}
