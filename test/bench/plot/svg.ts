import type { Line, Plot, Point } from './plot.ts';
import { makeAxis, type Axis } from './ticks.ts';

/** Pixels. */
const [WIDTH, HEIGHT] = [720, 420];
const MARGIN = { left: 84, right: 40, top: 68, bottom: 60 };
/** Every colour stands off from white and from near black alike: who reads, on what, is not known here. */
export const COLOURS = {
  text: '#787878',
  grid: '#787878',
  ours: '#2b7de0',
  limit: '#c26110',
  goal: '#1a8a4a',
} as const;
/** Not by colour alone. */
const DASHES: Readonly<Record<Line['kind'], string>> = { ours: '', limit: '8 4', goal: '2 4' };
const FONT = 'font-family="system-ui, sans-serif"';

/** A plot as an SVG file without a background. */
export function drawSvg(plot: Plot): string {
  const points = plot.lines.flatMap(({ points }) => points);
  const x = makeAxis(
    points.map(([value]) => value),
    plot.xScale,
  );
  const y = makeAxis(
    points.map(([, value]) => value),
    plot.yScale,
  );
  const frame = { x, y };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escape(plot.title)}" ${FONT} font-size="13" fill="${COLOURS.text}">`,
    text(MARGIN.left, 24, plot.title, 'font-size="16" font-weight="600"'),
    ...legend(plot.lines),
    ...x.ticks.flatMap((tick) => xTick(x, tick)),
    ...y.ticks.flatMap((tick) => yTick(y, tick)),
    text(
      (MARGIN.left + WIDTH - MARGIN.right) / 2,
      HEIGHT - 16,
      plot.xLabel,
      'text-anchor="middle"',
    ),
    text(
      0,
      0,
      plot.yLabel,
      `text-anchor="middle" transform="translate(20 ${(MARGIN.top + HEIGHT - MARGIN.bottom) / 2}) rotate(-90)"`,
    ),
    ...plot.lines.toReversed().flatMap((line) => drawLine(line, frame)),
    '</svg>',
    '',
  ].join('\n');
}

function drawLine({ kind, points }: Line, frame: { x: Axis; y: Axis }): string[] {
  const places = points.map(([x, y]): Point => [left(frame.x.at(x)), top(frame.y.at(y))]);
  const path = places.map(([x, y]) => `${pixel(x)},${pixel(y)}`).join(' ');
  const marks = kind === 'goal' ? [] : places.map((place) => mark(kind, place));
  return [`<polyline points="${path}" ${stroke(kind)}/>`, ...marks];
}

function mark(kind: 'ours' | 'limit', [x, y]: Point): string {
  const fill = `fill="${COLOURS[kind]}"`;
  return kind === 'ours'
    ? `<circle cx="${pixel(x)}" cy="${pixel(y)}" r="4" ${fill}/>`
    : `<rect x="${pixel(x - 3.5)}" y="${pixel(y - 3.5)}" width="7" height="7" ${fill}/>`;
}

function stroke(kind: Line['kind']): string {
  const dash = DASHES[kind] === '' ? '' : ` stroke-dasharray="${DASHES[kind]}"`;
  return `fill="none" stroke="${COLOURS[kind]}" stroke-width="2.5"${dash}`;
}

function legend(lines: readonly Line[]): string[] {
  const places = lines.reduce<number[]>(
    (starts, { name }) => [...starts, (starts.at(-1) ?? 0) + 56 + 7 * name.length],
    [MARGIN.left],
  );
  return lines.flatMap(({ kind, name }, i) => {
    const from = places[i] ?? 0;
    const marks = kind === 'goal' ? [] : [mark(kind, [from + 14, 44])];
    const line = `<line x1="${from}" y1="44" x2="${from + 28}" y2="44" ${stroke(kind)}/>`;
    return [line, ...marks, text(from + 34, 48.5, name)];
  });
}

function xTick(axis: Axis, tick: number): string[] {
  const x = pixel(left(axis.at(tick)));
  return [
    gridLine(x, String(MARGIN.top), x, String(HEIGHT - MARGIN.bottom)),
    text(Number(x), HEIGHT - MARGIN.bottom + 20, spell(tick), 'text-anchor="middle"'),
  ];
}

function yTick(axis: Axis, tick: number): string[] {
  const y = pixel(top(axis.at(tick)));
  return [
    gridLine(String(MARGIN.left), y, String(WIDTH - MARGIN.right), y),
    text(MARGIN.left - 8, Number(y) + 4.5, spell(tick), 'text-anchor="end"'),
  ];
}

function gridLine(x1: string, y1: string, x2: string, y2: string): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${COLOURS.grid}" stroke-opacity="0.3"/>`;
}

function text(x: number, y: number, words: string, more = ''): string {
  return `<text x="${pixel(x)}" y="${pixel(y)}"${more === '' ? '' : ` ${more}`}>${escape(words)}</text>`;
}

function left(share: number): number {
  return MARGIN.left + share * (WIDTH - MARGIN.left - MARGIN.right);
}

function top(share: number): number {
  return HEIGHT - MARGIN.bottom - share * (HEIGHT - MARGIN.top - MARGIN.bottom);
}

function pixel(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** 9000 is 9,000. */
function spell(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 6 });
}

function escape(words: string): string {
  return words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
