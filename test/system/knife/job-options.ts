import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useScene } from '../harness/scene.ts';
import { nodes } from './commands.ts';
import type { Play } from './play.ts';
import { programNames } from './stage.ts';
import { jobFile, startedJob, text, transcribe, type Transcript } from './transcript.ts';

const environment = { GREETING: `"quoted" 'twice', $HOME, ünïcode`, EMPTY: '' };
const payload = 'first line\nzweite Zeile: äöü $(id) `id`\nno line end';

/** `job start --file --capture --with-env --in-dir --as-user` (REFERENCE 8.3, 16). */
export function testJobOptions({ stage }: Play): void {
  // Only root may run a job as another user.
  useScene('root');
  const files = new Set<string>();
  after(async () => {
    // The reference agent leaves them outside of the scene.
    for (const file of files) await rm(file, { force: true });
  });

  for (const name of programNames) {
    it(`bring all that ${name} sends to both kinds of agent`, async () => {
      const { programs, commands, watcher } = stage();
      const program = programs[name];
      await writeFile(join(program.home, 'payload.txt'), payload);
      await watcher.available(nodes);
      const started = await program.run([
        ...['job', 'start', 'probe', ...nodes, '--capture', '--file', 'payload.txt'],
        ...['--with-env', JSON.stringify(environment), '--in-dir', commands.directory],
        ...['--as-user', 'daemon', '--poll-interval', '0.2'],
      ]);
      assert.deepEqual(transcribe(started), {
        code: 0,
        stdout: text`
          Started.  Job ID: <JOB>
          .Complete.
          capture_output: true
          command:        probe
          created_at:     <DATE>
          dir:            <TMP>/directory
          env:
            EMPTY:    ${''}
            GREETING: "quoted" 'twice', $HOME, ünïcode
          file_specified: true
          id:             <JOB>
          nodes:
            succeeded:
              db1
              web1
              web2
          run_timeout:    3600
          status:         complete
          updated_at:     <DATE>
          user:           daemon
        `,
        stderr: '',
      });

      const job = startedJob(started.stdout) ?? '';
      const output = async (node: string, channel: string): Promise<Transcript> => {
        const result = await program.run(['job', 'output', job, node, '--channel', channel]);
        const file = jobFile(result.stdout);
        if (file !== undefined) files.add(file);
        return transcribe(result, { job });
      };
      // knife ends what it prints with a line end of its own.
      const said = (output: string): Transcript => ({ code: 0, stdout: `${output}\n`, stderr: '' });
      assert.deepEqual(
        await Promise.all(
          nodes.map(async (node) => [await output(node, 'stdout'), await output(node, 'stderr')]),
        ),
        nodes.map((node) => [
          // The reference agent changes the user alone and leaves the job the groups of root.
          said(text`
            user: daemon of ${node === 'db1' ? 'root' : 'daemon'}
            directory: <TMP>/directory
            node: ${node}
            job: <JOB>
            GREETING: "quoted" 'twice', $HOME, ünïcode
            EMPTY: ${''}
            file: <FILE>
            first line
            zweite Zeile: äöü $(id) \`id\`
            no line end (its end)
          `),
          said(`a warning of daemon on ${node}\n`),
        ]),
      );
    });
  }
}
