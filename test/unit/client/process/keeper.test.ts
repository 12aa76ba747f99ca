import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../../client/src/clock.ts';
import { readCaptured } from '../../../../client/src/process/captured.ts';
import {
  startEarlyKeeper,
  startKeeper,
  type KeeperOrder,
} from '../../../../client/src/process/keeper.ts';
import { NODE_KEEPER } from '../../../../client/src/process/node-keeper.ts';
import { SH_KEEPER } from '../../../../client/src/process/sh-keeper.ts';
import { groupLives } from '../../../../client/src/process/kill.ts';
import { endOfRun, runState } from '../../../../client/src/process/run-state.ts';
import { findUser } from '../../../../client/src/process/user.ts';
import { watchRun } from '../../../../client/src/process/watch-run.ts';
import { isFree } from '../../../helpers/is-free.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';
import { until } from '../../../helpers/until.ts';

const env = { PATH: process.env['PATH'] ?? '' };
const endOf = async (spool: string) => endOfRun(await readdir(spool));
const later = (ms: number, action: () => void) => systemClock.after(ms, action);

/** Starts a keeper as the agent does, says its number when it has done so, and stays. */
const AGENT = `const { argv: [file, ...args], env, cwd } = JSON.parse(process.argv[2]);
const keeper = require('node:child_process').spawn(file, args, { env, cwd, detached: true });
keeper.stdout.once('data', () => {
  if (process.argv[1] === 'go') keeper.stdin.write('go\\n', () => console.log(keeper.pid));
  else console.log(keeper.pid);
});
setInterval(() => undefined, 1000);`;

for (const [name, form, isEarly] of [
  ['sh', SH_KEEPER, false],
  ['sh, before its job', SH_KEEPER, true],
  ['Node', NODE_KEEPER, false],
] as const) {
  /** What both keepers have from the same leader. */
  const shOnly: (title: string, test: () => Promise<void>) => void =
    form === SH_KEEPER ? it : () => undefined;
  describe(`the keeper of a run, in ${name}`, function () {
    // A Node that strips types takes its time on a busy machine.
    this.timeout(30_000);
    let home: string;
    let spool: string;
    let remove: () => Promise<void>;
    let runs = 0;
    const end = new AbortController();
    beforeEach(async () => {
      [home, remove] = await makeTempDir();
      spool = '';
    });
    afterEach(() => remove());
    after(() => {
      end.abort();
    });

    /** A spool as the agent makes it, and a keeper that is ready. */
    async function ready(
      line: string,
      order: Partial<KeeperOrder> = { room: 65_536 },
      vars: Record<string, string> = env,
    ) {
      spool = join(home, `run-${++runs}`);
      const next = join(home, `.next-${runs}`);
      await mkdir(next, { mode: 0o700 });
      const write = async (files: Record<string, string>) => {
        for (const [name, text] of Object.entries(files)) await writeFile(join(next, name), text);
      };
      const files = { ...form.files(line, vars), open: '', ordered: '' };
      // Whoever has a scope of its own is never started before its job.
      const isAhead = isEarly && order.outside === undefined;
      await write(isAhead ? { ...form.ahead?.files } : files);
      const early = isAhead ? startEarlyKeeper(form, next) : undefined;
      if (isAhead) {
        await until(
          'fifos',
          () => readdir(next),
          (found) => (found.includes('err') ? true : undefined),
        );
        const { keeper, ...others } = files as Record<string, string>;
        assert.equal(keeper, form.ahead?.files['keeper']);
        await write(others);
      }
      await rename(next, spool);
      return startKeeper(form, { spool, ...order }, later, early);
    }

    async function start(
      line: string,
      order?: Partial<KeeperOrder>,
      vars?: Record<string, string>,
    ) {
      const made = await ready(line, order, vars);
      assert.ok(made.ok, JSON.stringify(made));
      made.keeper.go();
      return watchRun(spool, systemClock, end.signal, made.keeper.exited);
    }

    /** Runs a line to its end. */
    async function run(line: string, order?: Partial<KeeperOrder>, vars?: Record<string, string>) {
      const started = await start(line, { room: 65_536, ...order }, vars);
      await started.over;
      const out = readCaptured(spool, 'stdout', 100_000);
      const err = readCaptured(spool, 'stderr', 100_000);
      const found = await endOf(spool);
      return { status: found?.status, stdout: out.head.toString(), stderr: err.head.toString() };
    }

    it('runs a line through the shell: pipes, && and quotes', async () => {
      assert.deepEqual(await run(`echo 'a  b' | tr a x && echo err >&2; exit 3`), {
        status: 3,
        stdout: 'x  b\n',
        stderr: 'err\n',
      });
    });
    shOnly('gives the environment it was told, whatever it holds, and no other', async () => {
      const odd = `a'b"c$d\\e\nf \`g\``;
      assert.equal((await run('printf %s "$ODD"', {}, { ...env, ODD: odd })).stdout, odd);
      const names = (await run('env')).stdout.replaceAll(/=.*/g, '').trim().split('\n').sort();
      // Node hands this one to every child when coverage is measured.
      const given = names.filter((name) => name !== 'NODE_V8_COVERAGE');
      assert.deepEqual(given, ['PATH', 'PWD']);
    });
    it('runs in the directory, with the umask of the agent', async () => {
      const before = process.umask(0o027);
      try {
        const { stdout } = await run('pwd -P; umask', { dir: home });
        assert.equal(stdout, `${await realpath(home)}\n0027\n`);
      } finally {
        process.umask(before);
      }
    });
    shOnly('runs in a directory that is relative to that of the agent', async () => {
      assert.equal((await run('pwd -P', { dir: 'client' })).stdout, `${process.cwd()}/client\n`);
    });
    it('writes nothing down that it is not asked to', async () => {
      await (
        await start('echo a', {})
      ).over;
      const names = await readdir(spool);
      const own = form === SH_KEEPER ? ['keeper', 'last.0', 'open'] : [];
      const both = ['exited.0', 'leader', 'ordered', 'supervisor'];
      const early = isEarly ? ['err', 'out', 'stderr.0', 'stdout.0'] : [];
      assert.deepEqual(names.sort(), [...both, ...own, ...early].sort());
    });
    shOnly('leaves no environment of the job behind once it has started', async () => {
      await run('true', {}, { ...env, SECRET: 's3cret' });
      for (const name of await readdir(spool)) {
        const path = join(spool, name);
        if ((await stat(path)).isFile())
          assert.doesNotMatch(await readFile(path, 'utf8'), /s3cret/);
      }
    });
    it('is over when the command is, though a child in the background holds the pipe', async () => {
      const started = await start('echo a; sleep 100 & exit 0');
      await started.over;
      assert.equal(readCaptured(spool, 'stdout', 100).head.toString(), 'a\n');
      const [leader] = (await readFile(join(spool, 'leader'), 'utf8')).split(' ');
      process.kill(-Number(leader), 'SIGKILL');
    });
    shOnly('says why a command cannot be started', async () => {
      const nowhere = await run('echo', { dir: '/does/not/exist' });
      assert.deepEqual([nowhere.status, nowhere.stdout], [126, '']);
      assert.match(nowhere.stderr, /does\/not\/exist/);
      const long = await run('echo', {}, { ...env, A: 'x'.repeat(3_000_000) });
      assert.equal(long.status, 126);
      assert.match(long.stderr, /too long/);
    });
    it('counts a signal as the shell does, and says nothing of it in the name of the command', async () => {
      assert.deepEqual(await run('kill -9 $$'), { status: 137, stdout: '', stderr: '' });
    });
    shOnly(
      'leaves INT and QUIT as they are: a command may send them to what it started',
      async () => {
        assert.equal((await run('sh -c "kill -INT \\$\\$; exit 0"; exit $?')).status, 130);
      },
    );
    it('A5 kills the whole group, and the end is written down', async () => {
      const started = await start('sleep 100 & sleep 100');
      await until(
        'its leader',
        () => readdir(spool),
        (names) => names.find((name) => name === 'leader'),
      );
      assert.equal(await started.kill(), true);
      await started.over;
      assert.equal((await endOf(spool))?.status, 143);
    });
    it('A5 says that a run is gone only when it cannot begin any more: its keeper was held up', async () => {
      const made = await ready(`touch ${home}/ran`);
      assert.ok(made.ok);
      const begun = isEarly ? join(home, `.next-${runs}`) : spool;
      const [pid = ''] = execFileSync('pgrep', ['-f', begun], { encoding: 'utf8' }).split('\n');
      process.kill(Number(pid), 'SIGSTOP');
      const run = watchRun(spool, systemClock, end.signal, made.keeper.exited);
      made.keeper.go();
      try {
        assert.equal(await run.kill(), true);
      } finally {
        process.kill(Number(pid), 'SIGCONT');
      }
      await run.over;
      assert.ok(!(await readdir(home)).includes('ran'));
    });

    shOnly('A5 does not say that a run is gone that cannot be looked at', async () => {
      const made = await ready('true');
      assert.ok(made.ok);
      await mkdir(join(spool, 'supervisor'));
      await mkdir(join(spool, 'leader'));
      const run = watchRun(spool, systemClock, end.signal);
      try {
        assert.equal(await run.kill(), false);
      } finally {
        await made.keeper.dismiss();
        await rename(join(spool, 'open'), join(spool, 'exited.0'));
        await run.over;
      }
    });

    it('keeps head and tail of a command that prints without end, and no more than three files', async () => {
      const started = await start('echo first; yes | head -c 30000000; echo last', {
        room: 100_000,
      });
      await started.over;
      const names = (await readdir(spool)).filter((name) => name.startsWith('stdout.'));
      assert.ok(names.length <= 3, names.join(' '));
      const sizes = await Promise.all(names.map(async (n) => (await stat(join(spool, n))).size));
      assert.ok(Math.max(...sizes) <= 100_000 + 4 * 65_536, sizes.join(' '));
      const { head, tail, lost } = readCaptured(spool, 'stdout', 1000);
      assert.match(head.toString(), /^first\ny\n/);
      assert.match(tail.toString(), /y\nlast\n$/);
      assert.equal(head.length + tail.length + lost, 30_000_011);
    });
    it('ends a keeper that is not told to go, and starts nothing', async () => {
      const made = await ready(`touch ${home}/ran`);
      assert.ok(made.ok);
      await made.keeper.dismiss();
      assert.deepEqual((await readdir(home)).includes('ran'), false);
    });
    it('Decision 5: of all keepers of a run one starts it', async () => {
      const made = await ready(`echo x >> ${home}/runs`);
      assert.ok(made.ok);
      const others = await Promise.all(
        [1, 2, 3].map(() => startKeeper(form, { spool, room: 1 }, later)),
      );
      const keepers = [made, ...others].map((one) => {
        assert.ok(one.ok);
        return one.keeper;
      });
      for (const keeper of keepers) keeper.go();
      await Promise.all(keepers.map((keeper) => keeper.exited));
      assert.equal(await readFile(join(home, 'runs'), 'utf8'), 'x\n');
      assert.equal((await endOf(spool))?.status, 0);
    });
    shOnly(
      'writes its end down, and keeps its lock until then, though somebody kills the keeper',
      async () => {
        const lock = join(home, 'lock');
        const started = await start('until [ -e go ]; do sleep 0.05; done; exit 7', {
          dir: home,
          lock,
        });
        const pid = (who: string) =>
          readFile(join(spool, who), 'utf8').then((text) => parseInt(text));
        const names = () => readdir(spool);
        await until('the leader', names, (found) => (found.includes('leader') ? true : undefined));
        process.kill(await pid('supervisor'), 'SIGKILL');
        assert.equal(spawnSync('flock', ['-n', lock, 'true']).status, 1);
        await writeFile(join(home, 'go'), '');
        await started.over;
        assert.deepEqual(await endOf(spool), { kind: 'ended', status: 7, how: 'exited' });
        await until(
          'the lock',
          () => spawnSync('flock', ['-n', lock, 'true']).status,
          (status) => (status === 0 ? true : undefined),
        );
      },
    );
    shOnly('has its end, though somebody kills the keeper while it waits for output', async () => {
      // Whoever holds the output keeps the keeper waiting; so does one that is stopped.
      const started = await start('sleep 100 & until [ -e go ]; do sleep 0.05; done; exit 7', {
        dir: home,
        room: 1000,
      });
      const names = () => readdir(spool);
      await until('the leader', names, (found) => (found.includes('leader') ? true : undefined));
      const [keeper, leader] = await Promise.all(
        ['supervisor', 'leader'].map(async (who) =>
          parseInt(await readFile(join(spool, who), 'utf8')),
        ),
      );
      assert.ok(keeper !== undefined && leader !== undefined);
      process.kill(keeper, 'SIGSTOP');
      await writeFile(join(home, 'go'), '');
      await until('the guard', names, (found) => (found.includes('last.7') ? true : undefined));
      assert.equal((await runState(spool)).kind, 'running');
      process.kill(keeper, 'SIGKILL');
      process.kill(-leader, 'SIGKILL');
      await started.over;
      assert.deepEqual(await endOf(spool), { kind: 'ended', status: 7, how: 'exited' });
    });
    shOnly('writes its end down though nobody reaps the keeper that was killed', async () => {
      const orphan = ['/bin/sh', '-c', 'exec 3<&0; "$@" <&3 3<&- & exec sleep 100', 'sh'];
      const made = await ready('until [ -e go ]; do sleep 0.05; done; exit 7', {
        dir: home,
        outside: orphan,
      });
      assert.ok(made.ok);
      const run = watchRun(spool, systemClock, end.signal);
      made.keeper.go();
      const mark = (who: string) => readFile(join(spool, who), 'utf8').catch(() => '');
      await until(
        'the leader',
        () => mark('leader'),
        (text) => text || undefined,
      );
      const [keeper = '', , , parent = ''] = (await mark('supervisor')).split(' ');
      process.kill(Number(keeper), 'SIGKILL');
      await writeFile(join(home, 'go'), '');
      await run.over;
      process.kill(Number(parent), 'SIGKILL');
      assert.ok((await readdir(spool)).includes('exited.7'));
    });
    it('A5 is ended, and not over before that, though somebody removed its directory', async () => {
      const started = await start('sleep 100');
      const names = () => readdir(spool);
      await until('the leader', names, (found) => (found.includes('leader') ? true : undefined));
      const leader = parseInt(await readFile(join(spool, 'leader'), 'utf8'));
      let looks = 0;
      const clock = {
        elapsed: () => systemClock.elapsed(),
        after: (ms: number, action: () => void) => (looks++, later(ms, action)),
      };
      const adopted = watchRun(spool, clock, end.signal);
      const outlives = adopted.over.then(() => groupLives(leader));
      const more = (count: number) =>
        until(
          'looks',
          () => looks,
          (n) => n >= count || undefined,
        );
      await more(1);
      await rm(spool, { recursive: true });
      await more(looks + 3);
      assert.equal(await adopted.kill(), true);
      assert.equal(await outlives, false);
      await started.over;
    });
    it('says that the disk was full where it cannot write down who it is, and starts nothing', async () => {
      const made = await ready(`touch ${home}/ran`);
      assert.ok(made.ok);
      // What a write finds on a full disk.
      await symlink('/dev/full', join(spool, 'supervisor'));
      made.keeper.go();
      await made.keeper.exited;
      assert.deepEqual(await endOf(spool), { kind: 'ended', status: 126, how: 'unwritten' });
      assert.ok(!(await readdir(home)).includes('ran'));
    });
    it('says nothing else where its leader cannot write down who it is', async () => {
      const made = await ready(`touch ${home}/ran`);
      assert.ok(made.ok);
      await symlink('/dev/full', join(spool, 'leader'));
      made.keeper.go();
      await made.keeper.exited;
      const ends = (await readdir(spool)).filter((file) =>
        /^(?:exited|killed|unwritten)/.test(file),
      );
      assert.deepEqual(ends, ['unwritten.125']);
      assert.ok(!(await readdir(home)).includes('ran'));
    });
    it('Decision 4: outlives a kill -9 of the agent once it was told to go, and ends before that', async () => {
      for (const word of ['go', 'wait']) {
        spool = join(home, word);
        await mkdir(spool);
        const files = {
          ...form.files(`sleep 0.3; echo x >> ${home}/ran`, env),
          open: '',
          ordered: '',
        };
        for (const [file, text] of Object.entries(files)) await writeFile(join(spool, file), text);
        const program = form.program({ spool, room: 1000 });
        const agent = spawn(process.execPath, ['-e', AGENT, word, JSON.stringify(program)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const [pid] = (await once(agent.stdout, 'data')) as [Buffer];
        agent.kill('SIGKILL');
        await once(agent, 'exit');
        await until(
          'the end of the keeper',
          () => spawnSync('pgrep', ['-g', String(pid).trim()]).status,
          (status) => (status === 1 ? true : undefined),
        );
        const status = word === 'go' ? 0 : undefined;
        assert.equal((await endOf(spool))?.status, status);
      }
      assert.equal(await readFile(join(home, 'ran'), 'utf8'), 'x\n');
    });
    it('goes on when the agent is gone, and writes the end of a command that got a TERM', async () => {
      const made = await ready(`touch ${home}/up; exec sleep 100`);
      assert.ok(made.ok);
      made.keeper.go();
      const names = () => readdir(home);
      await until('the command', names, (found) => (found.includes('up') ? true : undefined));
      for (const who of ['supervisor', 'leader']) {
        const [pid] = (await readFile(join(spool, who), 'utf8')).split(' ');
        process.kill(Number(pid), 'SIGTERM');
      }
      await made.keeper.exited;
      assert.deepEqual(await endOf(spool), { kind: 'ended', status: 143, how: 'killed' });
    });

    describe('with a lock (A1–A3)', () => {
      let lock: string;
      beforeEach(() => {
        lock = join(home, 'lock');
      });
      it('A1 holds flock(2) from before it is told to go, and gives it back at the end', async () => {
        const made = await ready('sleep 100', { lock });
        assert.ok(made.ok);
        assert.equal(isFree(lock), false);
        made.keeper.go();
        const run = watchRun(spool, systemClock, end.signal, made.keeper.exited);
        assert.equal(isFree(lock), false);
        await run.kill();
        await run.over;
        assert.equal(isFree(lock), true);
      });
      shOnly('keeps it until the command ends when somebody kills its guard alone', async () => {
        const made = await ready('sleep 100', { lock });
        assert.ok(made.ok);
        made.keeper.go();
        const read = () => readFile(join(spool, 'leader'), 'utf8').catch(() => '');
        const stat = await until('the leader', read, (text) => (text === '' ? undefined : text));
        const [leader = '', guard = ''] = stat.replace(/\(.*\) \w/, '').split(/ +/);
        process.kill(Number(guard), 'SIGKILL');
        const parent = () =>
          execFileSync('ps', ['-o', 'ppid=', '-p', leader], { encoding: 'utf8' });
        await until('its orphan', parent, (is) => (is.trim() === guard ? undefined : true));
        assert.equal(isFree(lock), false);
        process.kill(-Number(leader), 'SIGKILL');
        await made.keeper.exited;
        assert.equal(isFree(lock), true);
        assert.equal(await endOf(spool), undefined);
      });
      shOnly('gives it back when it is not told to go, and when the agent dies', async () => {
        const made = await ready('true', { lock });
        assert.ok(made.ok);
        await Promise.all([made.keeper.dismiss(), made.keeper.dismiss()]);
        assert.equal(isFree(lock), true);
      });
      shOnly('keeps it from a child of the command that stays in the background', async () => {
        await run('sleep 100 & exit 0', { lock });
        assert.equal(isFree(lock), true);
        const [leader] = (await readFile(join(spool, 'leader'), 'utf8')).split(' ');
        process.kill(-Number(leader), 'SIGKILL');
      });
      it('is refused, with the reason, while somebody else holds it', async () => {
        const holder = spawn('flock', [lock, 'sh', '-c', 'echo; exec cat'], {
          stdio: ['pipe', 'pipe', 'ignore'],
        });
        await once(holder.stdout, 'data');
        const reason = `the lock ${lock} is held by another process`;
        assert.deepEqual(await ready('true', { lock }), { ok: false, reason, isHeld: true });
        holder.stdin.end();
        await once(holder, 'exit');
      });
      it('is made with its directory, as chef-client makes it', async () => {
        const missing = join(home, 'no', 'such', 'lock');
        assert.equal((await run('exit 0', { lock: missing })).status, 0);
        assert.equal(isFree(missing), true);
      });
      it('A3 is refused, with the reason, where neither it nor its directory can be made', async () => {
        for (const file of ['/proc/no/lock', '/proc/lock']) {
          const made = await ready('true', { lock: file });
          assert.ok(!made.ok);
          assert.ok(made.reason.startsWith(`cannot take the lock ${file}: `), made.reason);
          assert.match(made.reason, /no such|nonexistent/i);
        }
      });
    });

    describe('as another user', () => {
      before(function () {
        assert.equal(process.getuid?.(), 0, 'these tests need root');
      });
      const daemon = async () => {
        const user = await findUser('daemon');
        assert.ok(user !== undefined);
        return user;
      };

      it('has his user, his group and his other groups, and none of root', async () => {
        const user = await daemon();
        const { stdout } = await run('id -u; id -g; id -G', { user });
        const [uid, gid, groups] = stdout.split('\n');
        assert.deepEqual([uid, gid], [String(user.uid), String(user.gid)]);
        assert.ok(!groups?.split(' ').includes('0'), groups);
      });
      shOnly('enters the directory as he may, after he has become himself', async () => {
        const user = await daemon();
        const inner = join(home, 'inner');
        await mkdir(inner, { mode: 0o755 });
        const refused = await run('pwd', { user, dir: inner });
        assert.deepEqual([refused.status, refused.stdout], [126, '']);
        assert.match(refused.stderr, /inner/);
        await chmod(home, 0o755);
        assert.equal(
          (await run('pwd -P', { user, dir: inner })).stdout,
          `${await realpath(inner)}\n`,
        );
      });
      shOnly('restores every value of the environment', async () => {
        const odd = { ...env, ODD: `a'b"c$d` };
        assert.equal(
          (await run('printf %s "$ODD"', { user: await daemon() }, odd)).stdout,
          `a'b"c$d`,
        );
      });
      shOnly("keeps a job's LD_PRELOAD away from whatever still runs as root", async () => {
        // The loader complains of a library that is not there: once for each program that got the variable.
        const preload = { ...env, LD_PRELOAD: '/nowhere/evil.so' };
        const { stderr } = await run('exit 0', { user: await daemon() }, preload);
        assert.equal((stderr.match(/evil\.so/g) ?? []).length, 1, stderr);
      });
      shOnly('is in a process group of its own, led by the shell', async () => {
        const { stdout } = await run('ps -o pid=,pgid= -p $$', { user: await daemon() });
        const [pid, group] = stdout.trim().split(/\s+/);
        assert.equal(pid, group);
      });
    });
  });
}
