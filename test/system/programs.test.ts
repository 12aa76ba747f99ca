import assert from 'node:assert/strict';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../helpers/run.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The names that the README gives them. */
const PROGRAMS = ['pushy-server', 'opscode-push-jobs-server-ctl', 'pushy-client', 'pushy'];

describe('The build (README, "Use it")', function () {
  this.timeout(180_000);

  before(async () => {
    await run('npm', ['run', '--silent', 'build'], { cwd: root, timeoutMs: 170_000 });
  });

  for (const program of PROGRAMS) {
    it(`makes ${program} a program of that name`, async () => {
      const { stdout } = await run(join(root, 'node_modules', '.bin', program), ['--help'], {
        timeoutMs: 30_000,
      });
      assert.match(stdout, new RegExp(`^Usage: ${program} `));
    });
  }
});
