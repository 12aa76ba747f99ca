import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { architectureFile, withMachines } from '../draw/architecture.ts';
import { drawMachines } from '../draw/machines.ts';

describe('The machines in ARCHITECTURE.md', () => {
  const text = readFileSync(architectureFile, 'utf8');

  it('are drawn from the tables of today (run `npm run draw`)', () => {
    assert.equal(text, withMachines(text));
  });

  it('show an arrow of every machine, and every way in which a job ends', () => {
    const drawing = drawMachines();
    for (const arrow of [
      'new --> voting: start',
      'voting --> running: ',
      'idle --> rehab: reset',
    ]) {
      assert.ok(drawing.includes(`\n  ${arrow}`), arrow);
    }
    for (const status of ['complete', 'quorum_failed', 'timed_out', 'crashed', 'aborted']) {
      assert.ok(drawing.includes(`\n  ${status} --> [*]`), status);
    }
  });

  it('cannot be drawn where a mark is missing', () => {
    assert.throws(() => withMachines('nothing'), /ARCHITECTURE\.md has no/);
  });
});
