import type { Clock } from '../clock.ts';
import type { Log } from './log.ts';

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
  scan: (now: number) => void;
}

/**
 * Looks for silent nodes every few intervals (REFERENCE 14); the answer ends it. A scan that comes an interval
 * late was held up with all the rest of this process: heartbeats that wait in the socket are read first, so
 * that no node is called silent because the server was.
 */
export function runScans({ settings, clock, log, scan }: ScanDeps): () => void {
  const { heartbeatInterval, detectOfflineNodesInterval } = settings;
  let cancel = plan(heartbeatInterval * detectOfflineNodesInterval);
  return () => {
    cancel();
  };

  function plan(ms: number): () => void {
    const due = clock.now() + ms;
    return clock.after(ms, () => {
      const now = clock.now();
      const late = now - due;
      if (late < heartbeatInterval) scan(now);
      else log.warn({ late }, 'the server was held up: the scan for silent nodes waits');
      cancel = plan(
        late < heartbeatInterval
          ? heartbeatInterval * detectOfflineNodesInterval
          : heartbeatInterval,
      );
    });
  }
}
