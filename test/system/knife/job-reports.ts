import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodes } from './commands.ts';
import type { Play } from './play.ts';
import { startedJob, text } from './transcript.ts';

/** `job status`, `job list` and `job output` (REFERENCE 8.4, 8.5, 8.6). */
export function testJobReports({ stage, bothSay }: Play): void {
  let job: string;

  before('jobs', async () => {
    const { programs, watcher } = stage();
    await watcher.available(nodes);
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
        env:
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
        {
          "nodes": {
            "succeeded": [
              "web1"
            ],
            "failed": [
              "db1"
            ],
            "unavailable": [
              "ghost"
            ],
            "nacked": [
              "web2"
            ]
          },
          "id": "<ID>",
          "command": "uneven",
          "status": "complete",
          "run_timeout": 90,
          "created_at": "<DATE>",
          "updated_at": "<DATE>",
          "env": {

          },
          "capture_output": true
        }
      `,
    }));

  for (const [node, channel, output] of [
    ['web1', 'stdout', 'fine\n'],
    ['web1', 'stderr', ''],
    ['db1', 'stdout', ''],
    ['db1', 'stderr', 'not fine\n'],
  ] as const) {
    it(`job output shows ${channel} of ${node}`, () =>
      bothSay(['job', 'output', job, node, '--channel', channel], { stdout: `${output}\n` }));
  }

  it('job list shows all jobs of the organization, the newest first', async () => {
    const { pushy } = stage().programs;
    const url = await stage().makeOrganization('archive');
    // knife ends even nothing with a line end.
    await bothSay(['job', 'list', '--server-url', url], { stdout: '\n' });
    await writeFile(join(pushy.home, 'short.txt'), 'short');
    const nobody = ['ghost', '--server-url', url, '--poll-interval', '0.1'];
    await pushy.run(['job', 'start', 'plain', ...nobody, '--quorum', '0']);
    await pushy.run([
      ...['job', 'start', 'rich', ...nobody, '--capture', '--file', 'short.txt', '--timeout', '7'],
      ...['--in-dir', '/tmp', '--as-user', 'daemon', '--with-env', '{"A":"1"}'],
    ]);
    await bothSay(['job', 'list', '--server-url', url], {
      stdout: text`
        capture_output: true
        command:        rich
        created_at:     <DATE>
        dir:            /tmp
        env:
          A: 1
        file_specified: true
        id:             <ID>
        run_timeout:    7
        status:         quorum_failed
        updated_at:     <DATE>
        user:           daemon

        command:     plain
        created_at:  <DATE>
        env:
        id:          <ID>
        run_timeout: 3600
        status:      complete
        updated_at:  <DATE>
      `,
    });
  });
}
