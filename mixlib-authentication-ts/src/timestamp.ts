const SECOND = 1000;
const DAY = 86_400;
/** Days from 1 March of the year 0 to 1 January 1970 in the Gregorian calendar. */
const EPOCH = 719_468;

/** `YYYY-MM-DDThh:mm:ssZ` of a time in milliseconds since 1970. */
export function formatTimestamp(ms: number): string {
  const seconds = Math.floor(ms / SECOND);
  const days = Math.floor(seconds / DAY);
  const rest = seconds - days * DAY;
  const time = [rest / 3600, (rest / 60) % 60, rest % 60].map((n) => pad(n, 2)).join(':');
  return `${dateOf(days)}T${time}Z`;
}

/**
 * Milliseconds since 1970 of a timestamp: six integers between the characters `-`, `T`, `:` and `Z`, read as
 * UTC (REFERENCE 4.2). Undefined for any other text, and for a day or time that does not exist.
 */
export function parseTimestamp(text: string): number | undefined {
  const pieces = text.split(/[-T:Z]/).filter((piece) => piece !== '');
  if (!pieces.every((piece) => /^\d{1,9}$/.test(piece))) return undefined;
  const [year, month, day, hour, minute, second, ...more] = pieces.map(Number);
  if (
    year === undefined ||
    month === undefined ||
    day === undefined ||
    hour === undefined ||
    minute === undefined ||
    second === undefined ||
    more.length > 0
  ) {
    return undefined;
  }
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined;
  const first = daysTo(year, month);
  const next = month === 12 ? daysTo(year + 1, 1) : daysTo(year, month + 1);
  if (day < 1 || day > next - first) return undefined;
  return ((first + day - 1) * DAY + hour * 3600 + minute * 60 + second) * SECOND;
}

/** Days from 1970 to the first of a month. Years are counted from March, so that a leap day comes last. */
function daysTo(year: number, month: number): number {
  const y = month > 2 ? year : year - 1;
  const marchMonth = (month + 9) % 12;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return 365 * y + leapDays + Math.floor((153 * marchMonth + 2) / 5) - EPOCH;
}

/** `YYYY-MM-DD` of a day, counted from 1970. */
function dateOf(days: number): string {
  // EPOCH counts from March: the quotient is the year, or the one before it in January and February.
  const about = Math.floor((days + EPOCH) / 365.2425);
  const year = daysTo(about + 1, 1) <= days ? about + 1 : about;
  let month = 1;
  while (month < 12 && daysTo(year, month + 1) <= days) month++;
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(days - daysTo(year, month) + 1, 2)}`;
}

function pad(n: number, width: number): string {
  return String(Math.floor(n)).padStart(width, '0');
}
