/** How an axis counts: by equal steps, or by equal factors. */
export type Scale = 'linear' | 'log';

/** An axis from its first to its last tick. */
export interface Axis {
  readonly scale: Scale;
  readonly ticks: readonly number[];
  /** Where a value stands, from 0 to 1. */
  at(value: number): number;
}

/** About so many ticks are wanted on a linear axis. */
const WANTED = 5;
/** More decades than this get a tick each only. */
const MOST_WITH_BETWEEN = 3;

/** An axis that holds all of these values between round ticks. */
export function makeAxis(values: readonly number[], scale: Scale): Axis {
  if (values.length === 0 || !values.every(Number.isFinite)) throw new Error('no values to plot');
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const ticks = scale === 'log' ? logTicks(low, high) : linearTicks(low, high);
  const place = scale === 'log' ? Math.log10 : (value: number) => value;
  const [from, to] = [place(ticks[0] ?? 0), place(ticks.at(-1) ?? 1)];
  return { scale, ticks, at: (value) => (place(value) - from) / (to - from) };
}

/** From zero on: the eye compares lengths. */
function linearTicks(low: number, high: number): number[] {
  const from = Math.min(0, low);
  const range = high > from ? high - from : 1;
  const step = [1, 2, 2.5, 5, 10]
    .map((digit) => digit * 10 ** Math.floor(Math.log10(range / WANTED)))
    .find((size) => size >= range / WANTED);
  const size = step ?? range;
  const first = Math.floor(from / size);
  const last = Math.ceil((from + range) / size - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => round((first + i) * size));
}

/** 1, 3, 10, 30 …, or the decades alone where there are many; the ends are the nearest outside of the values. */
function logTicks(low: number, high: number): number[] {
  if (low <= 0) throw new Error(`a logarithmic axis cannot show ${low}`);
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const decades = Array.from({ length: Math.max(1, last - first) + 1 }, (_, i) =>
    round(10 ** (first + i)),
  );
  if (decades.length > MOST_WITH_BETWEEN + 1) return decades;
  const all = decades.flatMap((decade) => [decade, round(3 * decade)]);
  const from = all.findLastIndex((tick) => tick <= low);
  const to = all.findIndex((tick) => tick >= high && tick > low);
  return all.slice(from, to + 1);
}

/** 0.30000000000000004 is 0.3. */
function round(value: number): number {
  return Number(value.toPrecision(12));
}
