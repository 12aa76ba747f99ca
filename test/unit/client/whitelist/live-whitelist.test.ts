import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRubyConfig } from '@pushy/ruby-config';
import { loadWhitelist } from '../../../../client/src/config/reread.ts';
import { fileStamp } from '../../../../client/src/config/file-stamp.ts';
import { makeLiveWhitelist } from '../../../../client/src/whitelist/live-whitelist.ts';
import { makeLog } from '../../../../client/src/log.ts';
import { POSIX_PATHS } from '../../../../client/src/paths.ts';
import type { ReadRequest } from '../../../../client/src/process/read-config.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';
import { HOST } from '../../../helpers/ruby-config.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

describe('the whitelist of a running agent', () => {
  let dir: string;
  let remove: () => Promise<void>;
  let file: string;
  let lines: string[];
  let reads: number;
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
    file = join(dir, 'client.rb');
    lines = [];
    reads = 0;
  });
  afterEach(() => remove());

  async function readFile(request: ReadRequest) {
    reads++;
    try {
      const config = await readRubyConfig(readFileSync(request.file, 'utf8'), {
        ...request,
        ...HOST,
      });
      return { ok: true, config } as const;
    } catch (error) {
      return { ok: false, message: (error as Error).message } as const;
    }
  }
  async function start(text: string) {
    writeFileSync(file, text);
    const load = () =>
      loadWhitelist({ options: { config: file }, env: {}, paths: POSIX_PATHS, readFile });
    const clock = makeFakeClock();
    const log = makeLog({
      level: 'info',
      showTime: false,
      now: () => 0,
      write: (line) => lines.push(line),
    });
    const whitelist = await makeLiveWhitelist(await load(), { clock, log, load, stamp: fileStamp });
    const ask = async (command: string): Promise<string | undefined> => {
      const answer = await whitelist.lookUp(command);
      return answer.ok ? answer.value.commandLine : undefined;
    };
    return { whitelist, clock, ask };
  }

  it('follows its file from the next command on, without a restart', async () => {
    const { ask } = await start("whitelist 'a' => '1'");
    assert.equal(await ask('a'), '1');
    assert.equal(reads, 1);
    writeFileSync(file, "whitelist 'a' => '2 longer', 'b' => '3'");
    assert.equal(await ask('a'), '2 longer');
    assert.equal(await ask('b'), '3');
    assert.equal(reads, 2);
    assert.deepEqual(lines, [
      'INFO: whitelist read again commands=["a","b"] patterns=0 isDefault=false\n',
    ]);
  });

  it('keeps what it has when the new file is broken, and says so once with its line, when it stays so', async () => {
    const { ask, clock } = await start("whitelist 'a' => '1'");
    for (const [text, said] of [
      ["whitelist 'a' =>", /^ERROR: whitelist cannot be read again: .*client\.rb:1: /],
      ["\nwhitelist(/\\p{Foo}/ => '1')", /client\.rb:2: whitelist: entry/],
      ["\n\nwhitelist 'no hash at all'", /client\.rb:3: whitelist: it must be a hash/],
      [undefined, /there is no configuration file/],
    ] as const) {
      if (text === undefined) rmSync(file);
      else writeFileSync(file, text);
      lines = [];
      assert.equal(await ask('a'), '1');
      assert.deepEqual(lines, []);
      await clock.advance(2000);
      assert.equal(await ask('a'), '1');
      await clock.advance(60_000);
      assert.equal(lines.length, 1);
      assert.match(lines.join(''), said);
    }
    writeFileSync(file, "whitelist 'a' => 'whole again'");
    assert.equal(await ask('a'), 'whole again');
  });

  it('takes no file that lacks its whitelist, as one that is being written, until it has stayed so for 2 s', async () => {
    const { ask, clock } = await start("chef_server_url 'u'\nwhitelist 'a' => '1'");
    writeFileSync(file, "chef_server_url 'u'");
    assert.equal(await ask('a'), '1');
    assert.equal(await ask('chef-client'), undefined);
    assert.match(lines.join(''), /^WARN: .* half written: .* missing=\["whitelist"\]\n$/);
    writeFileSync(file, "chef_server_url 'u'\nwhitelist 'a' => 'written whole'");
    assert.equal(await ask('a'), 'written whole');
    assert.equal(clock.waiting(), 0);

    writeFileSync(file, "chef_server_url 'u' # none");
    assert.equal(await ask('a'), 'written whole');
    await clock.advance(1999);
    assert.equal(await ask('a'), 'written whole');
    assert.equal(reads, 4);
    await clock.advance(1);
    assert.equal(await ask('a'), undefined);
    assert.equal(await ask('chef-client'), 'chef-client');
    assert.match(lines.at(-2) ?? '', /^WARN: .* no whitelist any more: the default counts/);
    assert.match(lines.at(-1) ?? '', /whitelist read again .* isDefault=true/);
  });

  it('takes no whitelist that has got shorter, as one that is written entry by entry, until it has stayed so for 2 s', async () => {
    const { ask, clock } = await start("whitelist({})\nwhitelist['a'] = '1'\nwhitelist['b'] = '2'");
    for (const cut of ['whitelist({})\n', "whitelist({})\nwhitelist['a'] = '3'\n"]) {
      writeFileSync(file, cut);
      assert.equal(await ask('a'), '1');
      assert.equal(await ask('b'), '2');
      await clock.advance(1999);
    }
    assert.equal(await ask('b'), '2');
    assert.match(lines.join(''), /^(WARN: .* half written: .* entries=\d\n){2}$/);
    writeFileSync(file, "whitelist({})\nwhitelist['a'] = '3'\nwhitelist['b'] = '4'");
    assert.equal(await ask('b'), '4');

    writeFileSync(file, "whitelist 'b' => '5'");
    assert.equal(await ask('a'), '3');
    await clock.advance(2000);
    assert.equal(await ask('a'), undefined);
    assert.equal(await ask('b'), '5');
  });

  it('keeps its whitelist for as long as the file has something like it alone, and says what is meant', async () => {
    const { ask, clock, whitelist } = await start("whitelist 'a' => '1'");
    writeFileSync(file, "\nwhitelst 'b' => '2'");
    assert.equal(await ask('a'), '1');
    await clock.advance(60_000);
    assert.equal(await ask('chef-client'), undefined);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /^WARN: .*client\.rb:2: .* whitelst .* is whitelist meant\?/);
    await whitelist.reread();
    await clock.advance(2000);
    assert.equal(await ask('a'), '1');
    assert.equal(lines.length, 2);
    writeFileSync(file, "whitelist 'b' => '2'\nwhitelst 'c' => '3'");
    assert.equal(await ask('b'), '2');
    assert.match(lines[2] ?? '', /^WARN: configuration file .* is whitelist meant\?/);
    assert.equal(await ask('c'), undefined);
  });

  it('never takes a file without the URL of the Chef server where there was one: empty, or cut off', async () => {
    const { ask, clock, whitelist } = await start("whitelist 'a' => '1'\nchef_server_url 'u'");
    for (const text of ['', "whitelist 'a' => 'cut off'\n"]) {
      writeFileSync(file, text);
      assert.equal(await ask('a'), '1');
      await clock.advance(2000);
      assert.equal(await ask('a'), '1');
      assert.match(lines.at(-1) ?? '', /^ERROR: the configuration file is not whole/);
    }
    const count = lines.length;
    await clock.advance(60_000);
    assert.equal(await ask('a'), '1');
    assert.equal(lines.length, count);
    await whitelist.reread();
    await clock.advance(2000);
    assert.equal(await ask('a'), '1');
    writeFileSync(file, "chef_server_url 'u'\nwhitelist 'a' => 'whole'");
    assert.equal(await ask('a'), 'whole');
  });

  it('follows files that its file includes, new ones too', async () => {
    mkdirSync(join(dir, 'client.d'));
    const loop = `Dir.glob('${dir}/client.d/*.rb').each { |f| Chef::Config.from_file(f) }`;
    const { ask } = await start(`whitelist 'a' => '1'\n${loop}`);
    writeFileSync(join(dir, 'client.d', '1.rb'), "whitelist 'a' => 'of one'");
    assert.equal(await ask('a'), 'of one');
    writeFileSync(join(dir, 'client.d', '1.rb'), "whitelist 'a' => 'of one, changed'");
    assert.equal(await ask('a'), 'of one, changed');
    writeFileSync(join(dir, 'client.d', '2.rb'), "whitelist 'a' => 'of two'");
    assert.equal(await ask('a'), 'of two');
  });

  it('is read again when it is told to, changed or not, and once for many', async () => {
    const { whitelist, ask } = await start("whitelist 'a' => '1'");
    await Promise.all([whitelist.reread(), whitelist.reread(), ask('a')]);
    assert.equal(reads, 2);
  });

  it('notices a change within 5 s while nothing is asked, until it is stopped', async () => {
    const { whitelist, clock } = await start("whitelist 'a' => '1'");
    const end = new AbortController();
    const running = whitelist.run(end.signal);
    await clock.advance(5000);
    assert.equal(reads, 1);
    writeFileSync(file, "whitelist 'a' => '2 longer'");
    await clock.advance(5000);
    await whitelist.lookUp('a');
    assert.equal(reads, 2);
    end.abort();
    await running;
    assert.equal(clock.waiting(), 0);
  });

  it('names other settings that have changed, which count from the next start on, and no value', async () => {
    const { ask } = await start(
      "whitelist 'a' => '1'\nnode_name 'x'\nclient_key_contents 's3cret'\nlog_level :info",
    );
    const rest = "client_key_contents 's3cret'\nlog_level :info\n";
    writeFileSync(file, `# moved\nwhitelist 'a' => '2'\nnode_name 'x'\n${rest}cookbook_path 'c'`);
    await ask('a');
    assert.equal(lines.length, 1);
    writeFileSync(
      file,
      "whitelist 'a' => '2'\nnode_name 'y'\nclient_key_contents 's3cret 2'\nlog_level :info\nENV['A_B'] = 's3cret'",
    );
    await ask('a');
    const said = lines[1] ?? '';
    assert.match(said, /^WARN: other settings than the whitelist have changed/);
    assert.ok(said.endsWith(`settings=["node_name","client_key_contents","ENV['A_B']"]\n`), said);
    assert.doesNotMatch(lines.join(''), /s3cret/);
  });

  it('compares other settings with those of the start: one that is back is none that has changed', async () => {
    const { ask } = await start("whitelist 'a' => '1'\nnode_name 'web1'\numask 18");
    const warned = async (text: string): Promise<string[]> => {
      lines = [];
      writeFileSync(file, text);
      await ask('a');
      assert.match(lines.at(-1) ?? '', /^INFO: whitelist read again/);
      return lines.slice(0, -1).map((line) => line.replace(/.*settings=(.*)\n/, '$1'));
    };
    const write = (node: string, more = 'umask 18') =>
      warned(`whitelist 'a' => '1'\nnode_name '${node}'\n${more}`);
    assert.deepEqual(await write('webX'), ['["node_name"]']);
    assert.deepEqual(await write('webX', '# moved\numask 18'), []);
    assert.deepEqual(await write('web1'), []);
    assert.deepEqual(await write('webY'), ['["node_name"]']);
    assert.deepEqual(await write('webY', 'umask 19'), ['["node_name","umask"]']);
    assert.deepEqual(await write('webY'), []);
  });
});
