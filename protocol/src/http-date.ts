const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = '\\d{2}:\\d{2}:\\d{2} GMT';
const RFC_1123 = new RegExp(`^${DAY}, \\d{2} ${MONTH} \\d{4} ${TIME}$`);
const RFC_850 = new RegExp(
  `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \\d{2}-${MONTH}-\\d{2} ${TIME}$`,
);

/** RFC 1123 text of a time in milliseconds since 1970, `Tue, 04 Sep 2012 23:01:02 GMT` (REFERENCE 10). */
export function formatHttpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

/** Milliseconds since 1970 of an RFC 1123 or RFC 850 date; undefined for any other text (REFERENCE 15.4). */
export function parseHttpDate(text: string): number | undefined {
  if (!RFC_1123.test(text) && !RFC_850.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
