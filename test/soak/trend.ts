/** A value at a time, seconds. */
export type Point = readonly [seconds: number, value: number];

/**
 * The slope of a series, in units an hour: the median of the slopes of all pairs (Theil and Sen), which a collection
 * of garbage here or a busy machine there does not move.
 */
export function slopePerHour(points: readonly Point[]): number {
  const slopes = points.flatMap(([t, y], i) =>
    points.slice(i + 1).map(([later, value]) => (value - y) / (later - t)),
  );
  return median(slopes) * 3600;
}

/** The middle of some numbers; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const high = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return (low + high) / 2;
}
