import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFakePushServer, type FakePushServer } from '../helpers/fake-push-server.ts';
import { built } from '../helpers/built.ts';
import { startProgram } from '../helpers/program.ts';
import { run, type RunResult } from '../helpers/run.ts';

const ESC = '\u001B';

describe('pushy as a process', function () {
  this.timeout(60_000);
  let server: FakePushServer;
  let home: string;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    server = await startFakePushServer();
    home = await mkdtemp(join(tmpdir(), 'pushy-terminal-'));
    env = { ...process.env, HOME: home, PWD: home, TERM: 'xterm' };
    await mkdir(join(home, '.chef'));
    await writeFile(join(home, '.chef', 'bob.pem'), server.addUser('bob'));
    const config = `node_name 'bob'\nchef_server_url '${server.url}'\nknife[:poll_interval] = 0.1\n`;
    await writeFile(join(home, '.chef', 'knife.rb'), config);
    server.plans.set('mixed', [
      { status: 'voting', nodes: { new: ['a', 'b'] } },
      { status: 'running', nodes: { running: ['a', 'b'] } },
      { status: 'complete', nodes: { succeeded: ['a'], nacked: ['b'] } },
    ]);
    server.plans.set('endless', [{ status: 'running', nodes: { running: ['a'] } }]);
  });
  after(async () => {
    await server.close();
    await rm(home, { recursive: true });
  });

  const pushy = (...args: string[]): string[] => {
    const { file, args: rest } = built('knife-bridge/src/main.ts', args);
    return [file, ...rest];
  };
  const quote = (words: string[]): string =>
    words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const shell = (line: string): Promise<RunResult> =>
    run('bash', ['-c', line], { cwd: home, env, timeoutMs: 30_000 });

  it('shows one line that is kept up to date, and colours, on a terminal', async () => {
    const inside = quote(pushy('job', 'start', 'mixed', 'a', 'b'));
    // script(1) runs it on a pseudo-terminal.
    const { code, stdout } = await shell(`script -qec ${quote([inside])} /dev/null`);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^Started. {2}Job ID: [0-9a-f]{32}\r\n/);
    assert.ok(stdout.includes(`\r${ESC}[KVoting: 2 new (0 s)`), stdout);
    assert.ok(stdout.includes(`\r${ESC}[KRunning: 2 running (`), stdout);
    assert.ok(stdout.includes(`\r${ESC}[KComplete.\r\n${ESC}[36mcommand:    ${ESC}[0m mixed\r\n`));
    assert.match(stdout, /b refused the job:/);
  });

  it('ends with 2 on Ctrl-C and says that the job goes on', async () => {
    const [file = '', ...args] = pushy('job', 'start', 'endless', 'a');
    const logFile = join(home, 'log');
    const program = await startProgram({ name: 'pushy', file, args, logFile, cwd: home, env });
    await program.line(/Running/, 30_000);
    program.signal('SIGINT');
    assert.deepEqual(await program.exited, { code: 2, signal: null });
    assert.match(program.output(), /The job goes on without this command\./);
  });

  it('ends well when the reader of its pipe leaves', async () => {
    server.reset();
    for (let i = 0; i < 3000; i++) server.addJob({ id: `job-${i}`, status: 'complete', nodes: {} });
    const { stdout, stderr } = await shell(
      `${quote(pushy('job', 'list'))} | head -n 1; echo "\${PIPESTATUS[0]}"`,
    );
    assert.deepEqual([stdout, stderr], ['id:     job-0\n0\n', '']);
  });

  it('prints a long list whole into a pipe', async () => {
    const { code, stdout } = await shell(`${quote(pushy('job', 'list'))} | cat`);
    assert.equal(code, 0);
    assert.equal(stdout.slice(-34), 'id:     job-2999\nstatus: complete\n');
  });

  it('knows its version', async () => {
    const { stdout } = await shell(quote(pushy('--version')));
    assert.match(stdout, /^pushy \d+\.\d+\.\d+\n$/);
  });
});
