import type { Play } from './play.ts';
import { text } from './transcript.ts';

/** What a user reads when our server says no (REFERENCE 4.3, 6, 8). */
export function testRefusals({ stage, bothSay }: Play): void {
  const refused = (stderr: string) => ({ code: 100, stderr });

  it('a member without the right to start jobs may look, not start', async () => {
    const bob = ['--user', 'bob', '--key', stage().bobKey];
    await bothSay(['node', 'status', 'db1', ...bob], { stdout: 'db1\tavailable\n' });
    await bothSay(['job', 'start', 'greet', 'web1', ...bob], refused(''));
  });

  it("another one's key", () => bothSay(['job', 'list', '--key', stage().bobKey], refused('')));

  it('a user whom nobody knows', () => bothSay(['job', 'list', '--user', 'nobody'], refused('')));

  it('a job that is not there', () => bothSay(['job', 'status', 'nope'], refused('')));

  it('output that was not captured', () => bothSay(['job', 'output', 'nope', 'web1'], refused('')));

  it('an environment that is not text, which knife takes for an old server', () =>
    bothSay(['job', 'start', 'greet', 'web1', '--with-env', '{"A":1}'], {
      code: 1,
      stderr: text`
        WARNING: Falling back to Push Jobs v1 mode.
        ERROR: Sending Environment attributes isn't possible for Push Jobs 1.0
      `,
    }));
}
