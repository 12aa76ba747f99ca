import assert from 'node:assert/strict';
import { figure } from '../../bench/figure.ts';
import { plotOf, type Plot } from '../../bench/plot/plot.ts';
import { COLOURS, drawSvg } from '../../bench/plot/svg.ts';
import { makeAxis } from '../../bench/plot/ticks.ts';

const words = {
  name: 'nodes',
  title: 'A job & its <nodes>',
  xLabel: 'nodes',
  yLabel: 'POST to all results, ms',
  xScale: 'log',
  yScale: 'log',
} as const;

const steps = [1_000, 100, 9_000].map((nodes) => ({
  x: nodes,
  figure: figure(
    { bench: 'growth', nodes, figure: 'POST to all results', value: nodes / 5, unit: 'ms' },
    nodes / 10,
    3,
  ),
}));

function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, said]) => said ?? '');
}

describe('a plot of figures', () => {
  it('has a line of ours, one of the limit program and one of the goal, which is a ratio to the limit', () => {
    const { lines } = plotOf(words, steps);
    assert.deepEqual(lines, [
      {
        kind: 'ours',
        name: 'Pushy',
        points: [
          [100, 20],
          [1_000, 200],
          [9_000, 1_800],
        ],
      },
      {
        kind: 'limit',
        name: 'limit program',
        points: [
          [100, 10],
          [1_000, 100],
          [9_000, 900],
        ],
      },
      {
        kind: 'goal',
        name: 'goal',
        points: [
          [100, 30],
          [1_000, 300],
          [9_000, 2_700],
        ],
      },
    ]);
  });

  it('has the goal itself where there is no limit program, and no line for what there is not', () => {
    const row = { bench: 'growth', nodes: 1, figure: 'a', value: 4, unit: 'ms' };
    const one = plotOf(words, [{ x: 1, figure: figure(row, null, 10) }]);
    assert.deepEqual(
      one.lines.map(({ kind, points }) => [kind, points]),
      [
        ['ours', [[1, 4]]],
        ['goal', [[1, 10]]],
      ],
    );
    const bare = plotOf(words, [{ x: 1, figure: figure(row, null, null) }]);
    assert.deepEqual(
      bare.lines.map(({ kind }) => kind),
      ['ours'],
    );
  });
});

describe('the drawing of a plot', () => {
  const svg = drawSvg(plotOf(words, steps));

  it('says its title, its axes with their units, its ticks and its lines in words', () => {
    const said = texts(svg);
    assert.deepEqual(said.slice(0, 4), [
      'A job &amp; its &lt;nodes&gt;',
      'Pushy',
      'limit program',
      'goal',
    ]);
    for (const wanted of ['nodes', 'POST to all results, ms', '100', '10,000', '10', '3,000']) {
      assert.ok(said.includes(wanted), `"${wanted}" is missing in ${said.join(' | ')}`);
    }
  });

  it('places what is more farther right and higher, inside of the picture', () => {
    const ours = new RegExp(`<polyline points="([^"]*)"[^>]*stroke="${COLOURS.ours}"`).exec(svg);
    const points = (ours?.[1] ?? '').split(' ').map((pair) => pair.split(',').map(Number));
    assert.equal(points.length, 3);
    for (const [i, [x = NaN, y = NaN]] of points.entries()) {
      assert.ok(x >= 84 && x <= 696 && y >= 68 && y <= 360, `${x},${y} is outside`);
      const [beforeX = -Infinity, beforeY = Infinity] = points[i - 1] ?? [];
      assert.ok(x > beforeX && y < beforeY);
    }
  });

  it('can be read on white and on near black, and without its colours', () => {
    for (const colour of Object.values(COLOURS)) {
      for (const ground of ['#ffffff', '#0d1117']) {
        assert.ok(contrast(colour, ground) > 4, `${colour} on ${ground}`);
      }
    }
    assert.doesNotMatch(svg, /<style|prefers-color-scheme|<rect [^>]*width="720"/);
    const strokes = [...svg.matchAll(/<polyline[^>]*?(stroke-dasharray="[^"]*")?\/>/g)];
    assert.equal(new Set(strokes.map(([, dash]) => dash)).size, 3);
  });

  it('draws from zero on a linear axis, a single value too', () => {
    const linear: Plot = {
      ...words,
      xScale: 'linear',
      yScale: 'linear',
      lines: [{ kind: 'ours', name: 'Pushy', points: [[0, 7]] }],
    };
    const drawn = drawSvg(linear);
    assert.doesNotMatch(drawn, /NaN|Infinity/);
    assert.ok(texts(drawn).includes('0'));
  });
});

describe('the ticks of an axis', () => {
  it('are round and hold all values', () => {
    assert.deepEqual(makeAxis([0, 37, 210], 'linear').ticks, [0, 50, 100, 150, 200, 250]);
    assert.deepEqual(makeAxis([0.02, 0.3], 'linear').ticks, [0, 0.1, 0.2, 0.3]);
    assert.deepEqual(makeAxis([100, 9_000], 'log').ticks, [100, 300, 1_000, 3_000, 10_000]);
    assert.deepEqual(makeAxis([2, 9], 'log').ticks, [1, 3, 10]);
    assert.deepEqual(makeAxis([5, 5], 'log').ticks, [3, 10]);
    assert.deepEqual(makeAxis([1, 1e6], 'log').ticks, [1, 10, 100, 1e3, 1e4, 1e5, 1e6]);
  });

  it('refuse what has no place', () => {
    assert.throws(() => makeAxis([0, 10], 'log'), /cannot show 0/);
    assert.throws(() => makeAxis([], 'linear'), /no values/);
    assert.throws(() => makeAxis([NaN], 'linear'), /no values/);
  });
});

/** The ratio of WCAG 2. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((from) => {
    const share = parseInt(colour.slice(from, from + 2), 16) / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
