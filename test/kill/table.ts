import type { Round } from './round.ts';

const columns = [
  'jobs',
  'acked',
  'refused',
  'runs',
  'lost results',
  'deaf',
  'wrong',
  'settled s',
] as const;

/** The head of the table of rounds. */
export function title(): string {
  return row('round', 'killed', [...columns], 'ends');
}

/** One round as a line. */
export function describeRound(number: number, round: Round): string {
  const { jobs, acknowledged, refused, runs, lostResults, deafened, problems } = round;
  const { settledAfter, ends } = round;
  const seconds = (settledAfter / 1000).toFixed(1);
  const figures = [jobs, acknowledged, refused, runs, lostResults, deafened, problems.length];
  return row(String(number), round.where, [...figures.map(String), seconds], endsText(ends));
}

/** All rounds together. */
export function summary(rounds: readonly Round[]): string {
  const sum = (of: (round: Round) => number): string =>
    String(rounds.reduce((total, round) => total + of(round), 0));
  const ends: Record<string, number> = {};
  for (const round of rounds) {
    for (const [status, n] of Object.entries(round.ends)) ends[status] = (ends[status] ?? 0) + n;
  }
  const slowest = Math.max(0, ...rounds.map(({ settledAfter }) => settledAfter));
  const figures = [
    sum(({ jobs }) => jobs),
    sum(({ acknowledged }) => acknowledged),
    sum(({ refused }) => refused),
    sum(({ runs }) => runs),
    sum(({ lostResults }) => lostResults),
    sum(({ deafened }) => deafened),
    sum(({ problems }) => problems.length),
    `<= ${(slowest / 1000).toFixed(1)}`,
  ];
  return row(String(rounds.length), 'together', figures, endsText(ends));
}

function endsText(ends: Readonly<Record<string, number>>): string {
  return Object.entries(ends)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([status, n]) => `${status} ${n}`)
    .join(', ');
}

function row(number: string, where: string, figures: readonly string[], ends: string): string {
  const cells = figures.map((figure, i) => figure.padStart((columns[i]?.length ?? 0) + 2));
  return `${number.padStart(5)}  ${where.padEnd(40)}${cells.join('')}  ${ends}`;
}
