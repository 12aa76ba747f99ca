const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = '\\d{2}:\\d{2}:\\d{2} GMT';
const RFC_1123 = new RegExp(`^${DAY}, (\\d{2} ${MONTH} \\d{4} ${TIME})$`);
const RFC_850 = new RegExp(
  `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\\d{2})-(${MONTH})-(\\d{2}) (${TIME})$`,
);

/** The second that was written last, and the text that was read last: thousands of messages share both. */
let written = { second: NaN, text: '' };
let read: { text: string; ms: number | undefined } = { text: '', ms: undefined };

/** RFC 1123 text of a time in milliseconds since 1970, `Tue, 04 Sep 2012 23:01:02 GMT` (REFERENCE 10). */
export function formatHttpDate(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (written.second !== second) written = { second, text: new Date(ms).toUTCString() };
  return written.text;
}

/**
 * Milliseconds since 1970 of an RFC 1123 or RFC 850 date; undefined for any other text and for a day or time that
 * does not exist (REFERENCE 15.4). The name of the weekday is not compared with the date.
 */
export function parseHttpDate(text: string): number | undefined {
  if (read.text !== text) read = { text, ms: parse(text) };
  return read.ms;
}

function parse(text: string): number | undefined {
  const date = RFC_1123.exec(text)?.[1] ?? fromRfc850(text);
  if (date === undefined) return undefined;
  const ms = Date.parse(date);
  // Date.parse turns 31 February into 2 March: only what comes back as it went in was a date.
  return !Number.isNaN(ms) && new Date(ms).toUTCString().endsWith(date) ? ms : undefined;
}

/** The RFC 1123 form, without weekday, of an RFC 850 date; two digits from 70 on mean the last century. */
function fromRfc850(text: string): string | undefined {
  const date = text.replace(
    RFC_850,
    (_date, day: string, month: string, year: string, time: string) =>
      `${day} ${month} ${year < '70' ? '20' : '19'}${year} ${time}`,
  );
  return date === text ? undefined : date;
}
