import type { SoakReport } from './soak.ts';

/** The report for people. */
export function reportLines({ jobs, runs, restarts, trends, problems }: SoakReport): string[] {
  const rows = trends.map(({ agent, kind, unit, ...trend }) =>
    [
      agent.padEnd(10),
      kind.padEnd(12),
      `${trend.median.toFixed(1)} ${unit}`.padStart(11),
      `${trend.most.toFixed(1)} ${unit}`.padStart(11),
      `${trend.slopePerHour.toFixed(2)} ${unit}`.padStart(13),
      `<= ${trend.bound.toFixed(1)}`.padStart(10),
      trend.isFlat ? ' flat' : ' NOT flat',
    ].join(' '),
  );
  return [
    `${jobs} jobs, ${runs} runs, ${restarts} restarts of the server`,
    'agent      what              median        most   slope an hour     bound',
    ...rows,
    ...problems.map((problem) => `*** ${problem}`),
  ];
}
