import assert from 'node:assert/strict';
import { CliError } from '../../../knife-bridge/src/errors.ts';
import { readFormat, renderData, stateLine, statusLine } from '../../../knife-bridge/src/render.ts';
import { makePaint } from '../../../knife-bridge/src/terminal.ts';

const plain = makePaint(false);

describe('render', () => {
  it('lays data out as knife does: sorted, in a column, nested below its name', () => {
    const job = {
      status: 'complete',
      id: 'abc',
      capture_output: true,
      run_timeout: 3600,
      nothing: null,
      env: {},
      none: [],
      nodes: { succeeded: ['a', 'b'], failed: ['c'] },
      lines: { B: 'two\nlines', A: '1' },
      lists: [['x', 'y'], { k: 'v' }, 'z'],
    };
    const expected = [
      'capture_output: true',
      'env:',
      'id:             abc',
      'lines:',
      '  A: 1',
      '  B: two',
      '  lines',
      'lists:',
      '  x',
      '  y',
      '  ',
      '  k: v',
      '  ',
      '  z',
      'nodes:',
      '  failed:    c',
      '  succeeded:',
      '    a',
      '    b',
      'none:',
      'nothing:        ',
      'run_timeout:    3600',
      'status:         complete',
      '',
    ].join('\n');
    assert.equal(renderData(job, 'summary', plain), expected);
    assert.equal(renderData(job, 'text', plain), expected);
  });

  it('separates the jobs of a list by an empty line', () => {
    assert.equal(renderData([{ a: 1 }, { b: 2 }], 'summary', plain), 'a: 1\n\nb: 2\n');
    assert.equal(renderData([], 'summary', plain), '\n');
    assert.equal(renderData('text', 'summary', plain), 'text\n');
  });

  it('paints names on a terminal, the column filled', () => {
    const paint = makePaint(true);
    assert.equal(
      renderData({ id: 'x', nodes: { a: '1' } }, 'summary', paint),
      '\u001B[36mid:   \u001B[0m x\n\u001B[36mnodes:\n\u001B[0m  \u001B[36ma:\u001B[0m 1\n',
    );
  });

  it('writes JSON with an empty line inside what is empty', () => {
    const job = { nodes: {}, list: [1, 'two', null, []], deep: { a: true } };
    const expected = [
      '{',
      '  "nodes": {',
      '',
      '  },',
      '  "list": [',
      '    1,',
      '    "two",',
      '    null,',
      '    [',
      '',
      '    ]',
      '  ],',
      '  "deep": {',
      '    "a": true',
      '  }',
      '}',
      '',
    ].join('\n');
    assert.equal(renderData(job, 'json', plain), expected);
    assert.deepEqual(JSON.parse(expected), job);
  });

  it('knows a format by its first letter and refuses any other', () => {
    assert.deepEqual(['summary', 's', 'text', 'tx', 'json', 'j'].map(readFormat), [
      'summary',
      'summary',
      'text',
      'text',
      'json',
      'json',
    ]);
    for (const format of ['', 'yaml', 'pp']) assert.throws(() => readFormat(format), CliError);
  });

  it("says a job's state in knife-push's words", () => {
    const nodes = { running: ['a', 'b'], succeeded: ['c'] };
    assert.equal(stateLine({ status: 'new', nodes: {} }), 'Initialized.');
    assert.equal(stateLine({ status: 'voting', nodes: {} }), 'Voting.');
    assert.equal(stateLine({ status: 'running', nodes }), 'Running (1/3 in progress) ...');
    assert.equal(stateLine({ status: 'quorum_failed', nodes: {} }), 'Quorum_failed.');
  });

  it('counts nodes truly on a terminal', () => {
    const nodes = { running: ['a', 'b'], succeeded: ['c'] };
    assert.equal(
      statusLine({ status: 'running', nodes }, 7),
      'Running: 2 running, 1 succeeded (7 s)',
    );
    assert.equal(statusLine({ status: 'new', nodes: {} }, 0), 'New (0 s)');
  });
});
