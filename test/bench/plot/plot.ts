import type { Figure } from '../figure.ts';
import type { Scale } from './ticks.ts';

/** A place in a plot. */
export type Point = readonly [x: number, y: number];

/** A line of a plot: ours, what the limit program reaches, or what is wanted. */
export interface Line {
  readonly kind: 'ours' | 'limit' | 'goal';
  readonly name: string;
  readonly points: readonly Point[];
}

/** What is drawn, without how. */
export interface Plot {
  /** Of the file, without its end. */
  readonly name: string;
  readonly title: string;
  /** With their units. */
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xScale: Scale;
  readonly yScale: Scale;
  readonly lines: readonly Line[];
}

/** A figure at one size of what grows. */
export interface Step {
  readonly x: number;
  readonly figure: Figure;
}

/** What a plot says beside its figures. */
export type PlotWords = Omit<Plot, 'lines'> & { readonly limitName?: string };

/** Draws figures against what grew between them: ours, the limit program's beside it, and the goal where there is one. */
export function plotOf({ limitName, ...words }: PlotWords, steps: readonly Step[]): Plot {
  const sorted = steps.toSorted((a, b) => a.x - b.x);
  const line = (
    kind: Line['kind'],
    name: string,
    of: (figure: Figure) => number | null,
  ): Line[] => {
    const points = sorted.flatMap(({ x, figure }): Point[] => {
      const y = of(figure);
      return y === null ? [] : [[x, y]];
    });
    return points.length === 0 ? [] : [{ kind, name, points }];
  };
  return {
    ...words,
    lines: [
      ...line('ours', 'Pushy', ({ value }) => value),
      ...line('limit', limitName ?? 'limit program', ({ limit }) => limit),
      ...line('goal', 'goal', goalOf),
    ],
  };
}

/** The goal in the unit of the figure: one beside a limit is a ratio. */
function goalOf({ goal, limit }: Figure): number | null {
  if (goal === null) return null;
  return limit === null ? goal : goal * limit;
}
