import type { Play } from './play.ts';
import { startedJob, text } from './transcript.ts';

/** `job status`, `job list` and `job output` (REFERENCE 8.4, 8.5, 8.6). */
export function testJobReports({ stage, bothSay }: Play): void {
  let url: string;
  let job: string;

  before('jobs', async () => {
    const { programs, available, makeOrganization } = stage();
    url = await makeOrganization('archive');
    await available();
    const { stdout } = await programs.pushy.run(
      ['job', 'start', 'uneven', 'web1', 'web2', 'db1', 'ghost'].concat(
        ...['--quorum', '2', '--capture', '--timeout', '90', '--poll-interval', '0.2'],
      ),
    );
    job = startedJob(stdout) ?? '';
  });

  it('job status shows every node', () =>
    bothSay(['job', 'status', job], {
      stdout: text`
        capture_output: true
        command:        uneven
        created_at:     <DATE>
        id:             <ID>
        nodes:
          failed:      db1
          nacked:      web2
          succeeded:   web1
          unavailable: ghost
        run_timeout:    90
        status:         complete
        updated_at:     <DATE>
      `,
    }));

  it('job status prints JSON', () =>
    bothSay(['job', 'status', job, '--format', 'json'], {
      stdout: text`
      `,
    }));

  for (const [node, channel, output] of [
    ['web1', 'stdout', 'fine'],
    ['web1', 'stderr', ''],
    ['db1', 'stdout', ''],
    ['db1', 'stderr', 'not fine'],
  ] as const) {
    it(`job output shows ${channel} of ${node}`, () =>
      bothSay(['job', 'output', job, node, '--channel', channel], { stdout: `${output}\n\n` }));
  }

  it('job list shows all jobs of the organization, the newest first', async () => {
    const { programs } = stage();
    await bothSay(['job', 'list', '--server-url', url], { stdout: '' });
    for (const options of [
      ['plain', 'ghost', '--quorum', '0'],
      [
        'rich',
        'ghost',
        '--quorum',
        '1',
        '--capture',
        '--file',
        'payload.txt',
        '--timeout',
        '7',
      ].concat(...['--in-dir', '/tmp', '--as-user', 'daemon', '--with-env', '{"A":"1"}']),
    ]) {
      await programs.knife.run([
        ...['job', 'start', ...options],
        ...['--server-url', url, '--poll-interval', '0.1'],
      ]);
    }
    await bothSay(['job', 'list', '--server-url', url], { stdout: '' });
  });
}
