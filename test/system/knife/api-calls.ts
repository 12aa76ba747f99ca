import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Play } from './play.ts';
import type { WorkstationRun } from '../harness/knife.ts';
import { text, transcribe } from './transcript.ts';

/** The API as scripts use it through knife (ADDON D.2). */
export function testApiCalls({ stage }: Play): void {
  let url: string;
  before('an organization with one job', async () => {
    url = await stage().makeOrganization('scripts');
  });

  const knife = async (args: readonly string[], expected: string, code = 0): Promise<void> => {
    const result = await stage().programs.knife.run(args);
    assert.deepEqual(transcribe(result), { code, stdout: expected, stderr: '' });
  };

  it('knife exec posts a job and reads it', async () => {
    await stage().available();
    const script = `
      job = { "command" => "greet", "nodes" => %w{web1 web2 db1}, "capture_output" => true }
      uri = api.post("pushy/jobs", job)["uri"]
      puts uri
      sleep 0.1 until api.get(uri)["status"] == "complete"
      puts api.get(uri)["nodes"]
      puts api.get("#{uri}/output/db1/stdout", "Accept" => "application/octet-stream")
      puts api.get("pushy/jobs").first
    `;
    await knife(
      ['exec', '-E', script],
      text`
    `,
    );
  });

  it('knife raw posts a job and reads all', async () => {
    const job = { command: 'greet', nodes: ['ghost'], quorum: 0 };
    const file = join(stage().programs.knife.home, 'job.json');
    await writeFile(file, JSON.stringify(job));
    await knife(
      ['raw', '--method', 'POST', '--input', file, '/pushy/jobs', '--server-url', url],
      text`
    `,
    );
    await knife(
      ['raw', '/pushy/jobs', '--server-url', url],
      text`
    `,
    );
  });

  it('knife exec reads all jobs', async () => {
    await knife(['exec', '-E', 'api.get("pushy/jobs")', '--server-url', url], '');
    const script = 'puts api.get("pushy/jobs")';
    await knife(['exec', '-E', script, '--server-url', url], '');
  });

  it('knife raw says what the server says against a request', async () => {
    await knife(['raw', '/pushy/jobs/nope'], '', 1);
    await knife(['raw', '/pushy/nope'], '', 1);
  });
}
