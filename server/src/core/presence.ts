/** The three numbers of REFERENCE 14. */
export interface LivenessSettings {
  /** Milliseconds between two heartbeats. */
  heartbeatInterval: number;
  /** A node whose average falls below it is down. */
  downThreshold: number;
  /** Intervals; the newest one weighs 1 / decayWindow. */
  decayWindow: number;
}

/** How regularly a node was heard: `avg`, `interval_start`, `hb` of REFERENCE 14. */
export interface Liveness {
  /** Heartbeats per interval, smoothed. */
  average: number;
  /** Start of the interval that is being counted, milliseconds since 1970. */
  intervalStart: number;
  /** Heartbeats in that interval. */
  beats: number;
}

/** A node that is heard for the first time. */
export function firstHeard(now: number, settings: LivenessSettings): Liveness {
  return { average: 2 * settings.downThreshold, intervalStart: now, beats: 1 };
}

/** Counts the intervals that are over, in place, and says how many. A clock that was set back changes nothing. */
export function advance(liveness: Liveness, now: number, settings: LivenessSettings): number {
  const { heartbeatInterval, decayWindow } = settings;
  const over = Math.floor((now - liveness.intervalStart) / heartbeatInterval);
  if (over <= 0) return 0;
  const weight = 1 / decayWindow;
  const rest = 1 - weight;
  const counted = liveness.average * rest + liveness.beats * weight;
  liveness.average = counted * rest ** (over - 1);
  liveness.intervalStart += over * heartbeatInterval;
  liveness.beats = 0;
  return over;
}

/** Silent intervals in a row, after which a node that was regular before counts as down. */
const PAUSE = 3;

/**
 * A heartbeat. It never ends the node (N5): one after a pause that no scan noticed begins anew, and a node that
 * is merely slow is left to the next scan.
 */
export function heard(liveness: Liveness, now: number, settings: LivenessSettings): void {
  const over = advance(liveness, now, settings);
  liveness.beats += 1;
  const low = liveness.average < settings.downThreshold;
  if (low && over >= PAUSE) Object.assign(liveness, firstHeard(now, settings));
}

/** True when the node is still there; asked at every scan. */
export function isAlive(liveness: Liveness, now: number, settings: LivenessSettings): boolean {
  advance(liveness, now, settings);
  return liveness.average >= settings.downThreshold;
}
