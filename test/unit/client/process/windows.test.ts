import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../../client/src/clock.ts';
import { hostOf } from '../../../../client/src/process/host.ts';
import { windowsEdges } from '../../../../client/src/process/keep-edges.ts';
import { keepRun, type KeepEdges } from '../../../../client/src/process/keep-run.ts';
import { cmdOf, launchWindows } from '../../../../client/src/process/launch.ts';
import { windowsLockHolder } from '../../../../client/src/process/lock-holder.ts';
import { WINDOWS_KEEPER } from '../../../../client/src/process/node-keeper.ts';
import { isThere } from '../../../../client/src/process/proc.ts';
import { windowsProcesses } from '../../../../client/src/process/processes.ts';
import { NOT_TOLD } from '../../../../client/src/process/run-script.ts';
import { runState } from '../../../../client/src/process/run-state.ts';
import { signalsOf } from '../../../../client/src/process/signals.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

/** What a test has in the place of Windows' own programs. */
type Asked = { file: string; args: readonly string[] }[];

describe('the keeper of a run, with the edges of Windows', () => {
  let spool: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    [spool, remove] = await makeTempDir();
  });
  afterEach(() => remove());

  /** All of it, but the shell, which is that of this system. */
  const edges: KeepEdges = {
    ...windowsEdges('C:\\Windows', (_file, args) => {
      const pid = /-Id (\d+)/.exec(args.at(-1) ?? '')?.[1] ?? '';
      return Promise.resolve({ code: 0, stdout: `1337${pid}\r\n` });
    }),
    launch: launchWindows((line) => ({ file: '/bin/sh', args: ['-c', line] })),
  };

  async function keep(
    line: string,
    more: object = {},
    changed: Partial<KeepEdges> = {},
    isToldToGo = () => Promise.resolve(true),
  ) {
    const files = WINDOWS_KEEPER.files(line, { PATH: process.env['PATH'] ?? '', 'a.b': 'c' });
    for (const [name, text] of Object.entries({ ...files, open: '', ordered: '' })) {
      await writeFile(join(spool, name), text);
    }
    const order = { spool, dir: spool, room: 1000, identity: [], umask: '22', ...more };
    return keepRun(
      order,
      { ...edges, ...changed },
      {
        ready: () => undefined,
        isToldToGo,
        complain: () => undefined,
        isAskedToEnd: () => false,
      },
    );
  }
  const text = (name: string) => readFile(join(spool, name), 'utf8');

  it('runs the command to its end, with its output, its status and its environment', async () => {
    assert.equal(await keep('echo out; echo err >&2; env | grep ^a; exit 3'), 0);
    // A shell drops such a name; whatever it starts directly has it.
    assert.equal(await text('stdout.0'), 'out\n');
    assert.equal(await text('stderr.0'), 'err\n');
    const names = ['exited.3', 'leader', 'ordered', 'stderr.0', 'stdout.0', 'supervisor'];
    assert.deepEqual((await readdir(spool)).sort(), names);
  });
  it('writes down who keeper and leader are, and when they were started', async () => {
    await keep('echo $$');
    const pid = (await text('stdout.0')).trim();
    assert.equal(await text('leader'), `${pid} 1337${pid}\n`);
    assert.equal(await text('supervisor'), `${process.pid} 1337${process.pid}\n`);
  });
  it('A5 starts nothing when an abort was first', async () => {
    await writeFile(join(spool, 'leader'), '');
    await keep('touch ran');
    assert.deepEqual((await readdir(spool)).includes('ran'), false);
    assert.equal((await runState(spool)).kind, 'ended');
  });
  it('Decision 5: starts nothing that another keeper has begun', async () => {
    const goesFirst = async () => {
      await rename(join(spool, 'job'), join(spool, 'begun'));
      return true;
    };
    assert.equal(await keep('touch ran', {}, {}, goesFirst), NOT_TOLD);
    assert.deepEqual((await readdir(spool)).includes('ran'), false);
  });
  it('says why the shell cannot be started', async () => {
    const launch = launchWindows(cmdOf('C:\\Windows'));
    await keep('dir', {}, { launch });
    assert.match(await text('stderr.0'), /cmd\.exe/);
    assert.ok((await readdir(spool)).includes('exited.126'));
  });
  it('calls cmd.exe as Mixlib::ShellOut does: the line as it is, in one more pair of quotes', () => {
    assert.deepEqual(cmdOf('D:\\Win')('"C:\\a b\\x.exe" && echo "y"'), {
      file: 'D:\\Win\\System32\\cmd.exe',
      args: ['/d', '/s', '/c', '""C:\\a b\\x.exe" && echo "y""'],
    });
  });
  it("A1 takes the mutex that chef-client takes there in its lock file's place", () => {
    const [file, ...args] = windowsLockHolder("C:\\Chef\\o'brien\\chef-client-running.pid");
    assert.equal(file, 'powershell.exe');
    assert.match(args.at(-1) ?? '', /'Global\\c:\/chef\/o''brien\/chef-client-running\.pid'/);
  });
});

describe('the processes of Windows', () => {
  let asked: Asked;
  const started = '133768000000000000';
  /** A process that ends when taskkill is asked to. */
  function make(answer = started) {
    asked = [];
    const child = spawn('sleep', ['100']);
    const processes = windowsProcesses({
      isThere: (pid) => pid === child.pid && child.exitCode === null && child.signalCode === null,
      run: (file, args) => {
        asked.push({ file, args });
        if (file === 'taskkill') child.kill('SIGKILL');
        return Promise.resolve({ code: 0, stdout: `${answer}\r\n` });
      },
    });
    const leader = { pid: child.pid ?? 0, start: started };
    return { processes, leader, child };
  }

  it('A5 are ended as a tree, through taskkill, and gone then', async () => {
    const { processes, leader } = make();
    assert.equal(await processes.runLives(leader), true);
    assert.equal(await processes.endRun(leader, systemClock), true);
    const args = ['/PID', String(leader.pid), '/T', '/F'];
    assert.deepEqual(asked.at(-1), { file: 'taskkill', args });
    assert.equal(await processes.isAlive(leader), false);
    assert.equal(await processes.endRun(leader, systemClock), true);
  });
  it('are not taken for later ones of the same number, which are left alone', async () => {
    const { processes, leader, child } = make('7');
    assert.equal(await processes.isAlive(leader), false);
    assert.equal(await processes.endRun(leader, systemClock), true);
    assert.deepEqual(
      asked.filter(({ file }) => file === 'taskkill'),
      [],
    );
    child.kill('SIGKILL');
  });
  it('A5 that cannot be ended are not said to be gone', async () => {
    let now = 0;
    const clock = {
      elapsed: () => now,
      after: (ms: number, action: () => void) => {
        now += ms;
        setImmediate(action);
        return () => undefined;
      },
    };
    const run = () => Promise.resolve({ code: undefined, stdout: '' });
    const { endRun } = windowsProcesses({ isThere: () => true, run });
    assert.equal(await endRun({ pid: 4242, start: undefined }, clock), false);
  });
});

describe('what a system offers to runs', () => {
  it('is a keeper in sh with setsid and flock of util-linux, one in Node without', () => {
    const keeper = (platform: string, programs: readonly string[]) =>
      Object.keys(hostOf(platform, (name) => programs.includes(name)).keeper.files('', {})).sort();
    assert.deepEqual(keeper('linux', ['setsid', 'flock']), ['job', 'keeper']);
    assert.deepEqual(keeper('darwin', ['setsid']), ['job']);
    assert.deepEqual(keeper('aix', []), ['job']);
    assert.deepEqual(keeper('win32', ['setsid', 'flock']), ['job']);
  });
  it('is no other user where none can be become', async () => {
    const windows = hostOf('win32');
    const user = await windows.findUser('web');
    assert.ok(user !== undefined);
    assert.match(windows.cannotBecome(user) ?? '', /on Windows .* own user alone, not as web/);
    const web = { ...user, uid: 4242 };
    assert.match(hostOf('aix', () => false).cannotBecome(web) ?? '', /no setpriv/);
    assert.equal(hostOf('linux', () => true).cannotBecome(web), undefined);
  });
  it('is no HUP, no USR1 and no QUIT on Windows (ADDON C.3)', () => {
    const { end, hangUp, reconfigure } = signalsOf('win32');
    assert.deepEqual([hangUp, reconfigure, end.includes('SIGQUIT')], [undefined, undefined, false]);
    assert.ok(end.includes('SIGTERM') && end.includes('SIGINT'));
    assert.deepEqual(signalsOf('aix'), {
      end: ['SIGTERM', 'SIGQUIT', 'SIGINT'],
      hangUp: 'SIGHUP',
      reconfigure: 'SIGUSR1',
    });
  });
  it('is a number in use or not', () => {
    assert.equal(isThere(process.pid), true);
    assert.equal(isThere(spawnSync('true').pid), false);
  });
});
