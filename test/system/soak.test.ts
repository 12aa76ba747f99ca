import assert from 'node:assert/strict';
import { reportLines } from '../soak/report.ts';
import { soak } from '../soak/soak.ts';
import { useScene } from './harness/scene.ts';

describe('three minutes of `npm run soak`', function () {
  this.timeout(600_000);
  const scene = useScene();

  it('ends every job as it ran, and leaves memory, descriptors and lateness of the agents flat', async () => {
    const report = await soak(scene, { seconds: 180, restartEvery: 45 });
    assert.deepEqual(report.problems, [], reportLines(report).join('\n'));
    assert.ok(report.restarts >= 2, `${report.restarts} restarts`);
  });
});
