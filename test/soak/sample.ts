import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { descriptorsOf, memoryOf } from '../bench/process-cost.ts';
import { median, slopePerHour, type Point } from './trend.ts';

/** What is watched of an agent. */
const KINDS = ['memory', 'descriptors', 'lag'] as const;
type Kind = (typeof KINDS)[number];

/** Units, and by how much a series may grow from the beginning to the end of what is looked at. */
const RULES: Readonly<Record<Kind, { unit: string; mayGrow: number }>> = {
  memory: { unit: 'MB', mayGrow: 5 },
  descriptors: { unit: '', mayGrow: 2 },
  lag: { unit: 'ms', mayGrow: 20 },
};

/** One line of the report. */
export interface Trend {
  readonly agent: string;
  readonly kind: Kind;
  readonly unit: string;
  readonly median: number;
  readonly most: number;
  readonly slopePerHour: number;
  /** What the slope must not exceed. */
  readonly bound: number;
  readonly isFlat: boolean;
}

/** Watches one agent. */
export interface Sampler {
  /** Looks now; `seconds`: since the beginning. */
  look(seconds: number): void;
  /** The trends since then, in seconds since the beginning: what comes before is a start. */
  trends(since: number): Trend[];
}

/** Makes the sampler of an agent that `lag.cjs` was loaded into. */
export function makeSampler(agent: string, pid: number, lagDir: string): Sampler {
  const series: Record<Kind, Point[]> = { memory: [], descriptors: [], lag: [] };
  let read = 0;

  /** The worst second since the last look; undefined where there was none. */
  function lag(): number | undefined {
    const lines = readFileSync(join(lagDir, String(pid)), 'utf8')
      .split('\n')
      .slice(0, -1);
    const fresh = lines.slice(read).map((line) => (JSON.parse(line) as [number, number])[0]);
    read = lines.length;
    return fresh.length === 0 ? undefined : Math.max(...fresh);
  }

  return {
    look: (seconds) => {
      series.memory.push([seconds, memoryOf(pid)]);
      series.descriptors.push([seconds, descriptorsOf(pid)]);
      const late = lag();
      if (late !== undefined) series.lag.push([seconds, late]);
    },
    trends: (since) =>
      KINDS.map((kind) =>
        trendOf(
          agent,
          kind,
          series[kind].filter(([at]) => at >= since),
        ),
      ),
  };
}

/** Judges one series of one agent; one that is too short shows nothing, so it is not flat. */
export function trendOf(agent: string, kind: Kind, points: readonly Point[]): Trend {
  const { unit, mayGrow } = RULES[kind];
  const values = points.map(([, value]) => value);
  const hours = ((points.at(-1)?.[0] ?? 0) - (points[0]?.[0] ?? 0)) / 3600;
  const slope = slopePerHour(points);
  const bound = mayGrow / hours;
  return {
    agent,
    kind,
    unit,
    median: median(values),
    most: Math.max(...values),
    slopePerHour: slope,
    bound,
    isFlat: points.length > 10 && slope <= bound,
  };
}
