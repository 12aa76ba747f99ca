import assert from 'node:assert/strict';
import { programNames } from './stage.ts';
import type { Play } from './play.ts';

/** `node status` (REFERENCE 8.7, 8.8). */
export function testNodeStatus({ stage, bothSay }: Play): void {
  it('lists all nodes', async () => {
    for (const name of programNames) {
      const said = await stage().programs[name].ok(['node', 'status']);
      // 8.7 promises no order.
      assert.deepEqual(said.split(/(?<=\n)/).sort(), [
        'db1\tavailable\n',
        'web1\tavailable\n',
        'web2\tavailable\n',
      ]);
    }
  });

  it('shows one node', () => bothSay(['node', 'status', 'db1'], { stdout: 'db1\tavailable\n' }));

  it('shows the nodes that are named, in that order, unknown ones too', () =>
    bothSay(['node', 'status', 'web2', 'ghost', 'db1'], {
      stdout: 'web2\tavailable\nghost\tunavailable\ndb1\tavailable\n',
    }));

  it('lists nothing for an organization without agents', async () => {
    const url = await stage().makeOrganization('quiet');
    await bothSay(['node', 'status', '--server-url', url], {});
  });
}
