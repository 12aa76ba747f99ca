const MICROS_PER_MS = 1000;

/** `YYYY-MM-DD hh:mm:ss.uuuuuuZ` of microseconds since 1970, UTC: the timestamps of feeds (REFERENCE 9). */
export function formatFeedTime(micros: number): string {
  const ms = Math.floor(micros / MICROS_PER_MS);
  const rest = String(micros - ms * MICROS_PER_MS).padStart(3, '0');
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', `${rest}Z`);
}
