/** One measured number beside what the bare limit program reached in the same run. */
export interface Figure {
  bench: string;
  /** Simulated nodes; 0 where there are none. */
  nodes: number;
  figure: string;
  value: number;
  unit: string;
  /** The limit program's number; null where there is none. */
  limit: number | null;
  /** value / limit. */
  ratio: number | null;
  /** What the ratio, or the value where there is no limit, must not exceed. */
  goal: number | null;
  met: boolean | null;
}

/** Completes a figure with its ratio and whether the goal is met: smaller is better. */
export function figure(
  measured: Pick<Figure, 'bench' | 'nodes' | 'figure' | 'value' | 'unit'>,
  limit: number | null,
  goal: number | null,
): Figure {
  const ratio = limit === null ? null : measured.value / limit;
  const judged = ratio ?? measured.value;
  return { ...measured, limit, ratio, goal, met: goal === null ? null : judged <= goal };
}

/** A figure as one line for programs; what is no number is null. */
export function asJson(f: Figure): string {
  const { bench, nodes, figure: name, value, unit, limit, ratio, goal, met } = f;
  return JSON.stringify({ bench, nodes, figure: name, value, unit, limit, ratio, goal, met });
}
