import type { Figure } from './figure.ts';

/** The head of the table of figures. */
export function title(): string {
  return row('figure', 'nodes', 'value', 'limit', 'ratio', 'goal', '');
}

/** One figure as a line. */
export function describe(f: Figure): string {
  const goal = f.goal === null ? '' : `<= ${number(f.goal)}`;
  const verdict = f.met === null ? '' : f.met ? 'met' : 'NOT met';
  return row(
    f.figure,
    f.nodes === 0 ? '' : String(f.nodes),
    `${number(f.value)} ${f.unit}`,
    f.limit === null ? '' : number(f.limit),
    f.ratio === null ? '' : f.ratio.toFixed(2),
    goal,
    verdict,
  );
}

function row(figure: string, ...cells: readonly string[]): string {
  const [nodes = '', value = '', limit = '', ratio = '', goal = '', verdict = ''] = cells;
  return `  ${figure.padEnd(44)}${nodes.padStart(6)}${value.padStart(16)}${limit.padStart(11)}${ratio.padStart(8)}${goal.padStart(10)}  ${verdict}`;
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}
