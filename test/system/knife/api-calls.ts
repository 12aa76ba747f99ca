import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodes } from './commands.ts';
import type { Play } from './play.ts';
import { text, transcribe } from './transcript.ts';

/** The API as scripts use it through knife (ADDON D.2). */
export function testApiCalls({ stage }: Play): void {
  let url: string;
  before('an organization', async () => {
    url = await stage().makeOrganization('scripts');
  });

  const knife = async (
    args: readonly string[],
    expected: { code?: number; stdout?: string; stderr?: string },
  ): Promise<void> => {
    const result = await stage().programs.knife.run(args);
    assert.deepEqual(transcribe(result), { code: 0, stdout: '', stderr: '', ...expected });
  };

  it('knife exec posts a job for all nodes and reads what becomes of it', async () => {
    await stage().watcher.available(nodes);
    const script = `
      job = { "command" => "greet", "nodes" => %w{web1 web2 db1}, "capture_output" => true }
      uri = api.post("pushy/jobs", job)["uri"]
      puts uri
      sleep 0.1 until api.get(uri)["status"] == "complete"
      puts api.get(uri)
      puts api.get(uri + "/output/db1/stdout", "Accept" => "application/octet-stream")
    `;
    await knife(['exec', '-E', script], {
      stdout: text`
        https://127.0.0.1:<PORT>/organizations/acme/pushy/jobs/<ID>
        {"nodes"=>{"succeeded"=>["db1", "web1", "web2"]}, "id"=>"<ID>", "command"=>"greet", "status"=>"complete", "run_timeout"=>3600, "created_at"=>"<DATE>", "updated_at"=>"<DATE>", "capture_output"=>true}
        hello from db1
      `,
    });
  });

  it('knife raw posts a job and reads all jobs', async () => {
    const file = join(stage().programs.knife.home, 'job.json');
    await writeFile(file, '{"command": "greet", "nodes": ["ghost"], "quorum": 0, "dir": "/tmp"}');
    await knife(['raw', '-m', 'POST', '-i', file, '/pushy/jobs', '--server-url', url], {
      stdout: text`
        {
          "uri": "https://127.0.0.1:<PORT>/organizations/scripts/pushy/jobs/<ID>"
        }
      `,
    });
    await knife(['raw', '/pushy/jobs', '--server-url', url], {
      stdout: text`
        [
          {
            "id": "<ID>",
            "command": "greet",
            "status": "complete",
            "run_timeout": 3600,
            "created_at": "<DATE>",
            "updated_at": "<DATE>",
            "dir": "/tmp"
          }
        ]
      `,
    });
  });

  it('knife exec reads all jobs', async () => {
    const script = 'api.get("pushy/jobs")';
    await knife(['exec', '-E', script, '--server-url', url], {});
    await knife(['exec', '-E', `p ${script}`, '--server-url', url], {
      stdout: text`
        [{"id"=>"<ID>", "command"=>"greet", "status"=>"complete", "run_timeout"=>3600, "created_at"=>"<DATE>", "updated_at"=>"<DATE>", "dir"=>"/tmp"}]
      `,
    });
  });

  it('knife raw says what the server has against a request', () =>
    knife(['raw', '/pushy/jobs/nope'], {
      code: 1,
      stderr: text`
        ERROR: Server responded with error 404 "Not Found"
        ERROR: Error Body: {"error":["job 'nope' does not exist."]}
      `,
    }));
}
