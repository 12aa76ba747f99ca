import type { Clock } from '../clock.ts';
import type { Log } from './log.ts';
import { afterLong } from './long-timer.ts';

/** What the scans need. */
export interface ScanDeps {
  settings: {
    /** Milliseconds. */
    heartbeatInterval: number;
    /** Heartbeat intervals between two scans. */
    detectOfflineNodesInterval: number;
  };
  clock: Clock;
  log: Log;
  /** Messages of nodes have come that nobody has read yet. */
  isBehind: () => boolean;
  scan: (now: number) => void;
}

/** A server that is behind looks so often in a heartbeat interval whether it still is. */
const LOOKS = 20;
/** Heartbeat intervals that a scan waits at most: a server that is always behind has to judge as well. */
const MAX_WAIT = 60;

/**
 * Looks for silent nodes every few intervals (REFERENCE 14); the answer ends it. Heartbeats that wait in the socket
 * are read first, so that no node is called silent because the server was: a scan waits while some do, and one that
 * comes an interval late was held up with all the rest of this process.
 */
export function runScans({ settings, clock, log, isBehind, scan }: ScanDeps): () => void {
  const { heartbeatInterval, detectOfflineNodesInterval } = settings;
  const period = heartbeatInterval * detectOfflineNodesInterval;
  let cancel = plan(period);
  return () => {
    cancel();
  };

  function plan(ms: number): () => void {
    const due = clock.now() + ms;
    return afterLong(clock, ms, () => {
      const late = clock.now() - due;
      if (late < heartbeatInterval) cancel = judge(clock.now() + MAX_WAIT * heartbeatInterval);
      else {
        log.warn({ late }, 'the server was held up: the scan for silent nodes waits');
        cancel = plan(heartbeatInterval);
      }
    });
  }

  function judge(until: number): () => void {
    const now = clock.now();
    if (isBehind() && now < until) {
      return clock.after(heartbeatInterval / LOOKS, () => {
        cancel = judge(until);
      });
    }
    if (now >= until) log.warn({}, 'more comes from nodes than the server can read');
    scan(now);
    return plan(period);
  }
}
