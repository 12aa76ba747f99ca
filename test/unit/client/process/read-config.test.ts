import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  readConfigFile,
  type ReadAnswer,
  type ReadRequest,
} from '../../../../client/src/process/read-config.ts';
import { readWithRuby } from '../../../../client/src/process/read-with-ruby.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

describe('reading the configuration in another process', function () {
  this.timeout(20_000);
  let dir: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
  });
  afterEach(() => remove());

  function request(text: string, more: Partial<ReadRequest> = {}): ReadRequest {
    const file = join(dir, 'client.rb');
    writeFileSync(file, text);
    const relevant = new Set(['node_name', 'whitelist']);
    return { file, env: { PATH: process.env['PATH'] }, relevant, ...more };
  }
  /** A program in the place of Ruby. */
  function program(...lines: string[]): string {
    const file = join(dir, 'ruby');
    writeFileSync(file, ['#!/bin/sh', ...lines].join('\n'));
    chmodSync(file, 0o755);
    return file;
  }
  function evaluated(file: string): string {
    const settings = [['node_name', 'by ruby', file, 3]];
    return JSON.stringify({ settings, files: [file], environment: [['A', null]], showTime: null });
  }
  function refusal(answer: ReadAnswer): string {
    assert.ok(!answer.ok);
    return answer.message;
  }

  it('says what is wrong and where', async () => {
    const answer = await readConfigFile(request("node_name 'a'\nnode_name (\n"));
    assert.match(refusal(answer), /client\.rb:\d/);
  });

  it('reads the formats of data without Ruby, whoever asks for that (ADDON F.5 point 7)', async () => {
    for (const [end, text] of [
      ['json', '{ "node_name": "x", "ruby_config": "/no/ruby" }'],
      ['toml', 'node_name = "x"'],
      ['yml', 'node_name: x'],
    ] as const) {
      const file = join(dir, `client.${end}`);
      writeFileSync(file, text);
      const answer = await readConfigFile(request('', { file, ruby: '/no/ruby' }));
      assert.ok(answer.ok);
      assert.deepEqual(answer.config.settings.get('node_name'), { value: 'x', file, line: 1 });
    }
    const file = join(dir, 'broken.json');
    writeFileSync(file, '{\n');
    assert.match(refusal(await readConfigFile(request('', { file }))), /broken\.json:2: .*no JSON/);
  });

  it('reads data that a file of Ruby includes, and names its file and line where it is wrong', async () => {
    const more = join(dir, 'more.toml');
    writeFileSync(more, 'node_name = "of-toml"\n');
    const text = `node_name 'x'\nfrom_file '${more}'\n`;
    const answer = await readConfigFile(request(text));
    if (!answer.ok) assert.fail(answer.message);
    assert.deepEqual(answer.config.settings.get('node_name'), {
      value: 'of-toml',
      file: more,
      line: 1,
    });
    assert.ok(answer.config.files.includes(more));
    writeFileSync(more, '\nnode_name =\n');
    assert.match(refusal(await readConfigFile(request(text))), /more\.toml:2: this is no TOML/);
  });

  it('names the file of data that stands inside itself', async () => {
    const file = join(dir, 'round.yml');
    writeFileSync(file, 'a: &a [*a]');
    assert.match(refusal(await readConfigFile(request('', { file }))), /^\S*round\.yml: /);
  });

  it('names the file that the system cannot read', async () => {
    const answer = await readConfigFile(request('', { file: dir }));
    assert.match(refusal(answer), new RegExp(`^${dir}: EISDIR`));
  });

  it('asks this host for what the file asks of it', async () => {
    const source =
      "node_name `hostname`.chomp if File.exist?(__FILE__) && File.directory?('/no') == false";
    const answer = await readConfigFile(request(source));
    assert.ok(answer.ok);
    assert.deepEqual(answer.config.files, [join(dir, 'client.rb'), '/no']);
    assert.ok(answer.config.settings.has('node_name'));
  });

  for (const [how, text, by] of [
    ['the command line', "node_name 'x'", 'option'],
    ['a file that is read without it as well', "ruby_config 'RUBY'\nnode_name 'x'", 'file'],
    ['a file that is not', 'ruby_config "RUBY"\nnode_name `uname -n`', 'file'],
  ] as const) {
    it(`lets Ruby evaluate the file when ${how} asks for it`, async () => {
      const file = join(dir, 'client.rb');
      const ruby = program(`echo '${evaluated(file)}' >&3`);
      const more = by === 'option' ? { ruby } : {};
      const answer = await readConfigFile(request(text.replace('RUBY', ruby), more));
      assert.ok(answer.ok);
      const { settings, environment, showTime } = answer.config;
      assert.deepEqual(settings.get('node_name'), { value: 'by ruby', file, line: 3 });
      assert.deepEqual([...environment], [['A', null]]);
      assert.equal(showTime, undefined);
    });
  }

  it("warns where there is no Chef's Ruby for a file that is read without it as well", async () => {
    const answer = await readConfigFile(request("node_name 'x'\nruby_config 'chef'"));
    // A machine with Chef on it has the Ruby that this looks for.
    if (existsSync('/opt/chef/embedded/bin/ruby')) return;
    assert.ok(answer.ok);
    assert.match(answer.config.warnings[0]?.message ?? '', /there is none at \/opt\/chef/);
    assert.equal(answer.config.warnings[0]?.line, 2);
  });

  it('refuses where the Ruby that is asked for is not there', async () => {
    const asked = await readConfigFile(request("node_name 'x'", { ruby: '/no/ruby' }));
    assert.match(refusal(asked), /client\.rb: .*there is none at \/no\/ruby/);
    const needed = await readConfigFile(request("ruby_config '/no/ruby'\nnode_name `id`"));
    assert.match(refusal(needed), /client\.rb:2: .*backticks.*there is none at \/no\/ruby/);
  });

  it('gives what Ruby says of a file that it refuses', async () => {
    const ruby = program(`echo '{"failed":"/c.rb:3: Ruby says no"}' >&3`);
    assert.equal(refusal(await readWithRuby(ruby, request(''))), '/c.rb:3: Ruby says no');
  });

  it('says why Ruby gave no answer', async () => {
    const broken = program('echo broken >&2; exit 3');
    assert.match(refusal(await readWithRuby(broken, request(''))), /gave no answer: broken/);
    const loud = program('head -c 5000000 /dev/zero >&3');
    assert.match(refusal(await readWithRuby(loud, request(''))), /its answer is too large/);
    assert.match(refusal(await readWithRuby(dir, request(''))), /gave no answer: .*EACCES/);
  });

  it('does not wait for a daemon that the file has started and that holds its pipes', async () => {
    const file = join(dir, 'client.rb');
    const daemon = join(dir, 'daemon');
    const start = `setsid sh -c 'echo $$ >${daemon}; exec sleep 100' &`;
    const ruby = program(
      start,
      `while [ ! -s ${daemon} ]; do sleep 0.01; done`,
      `echo '${evaluated(file)}' >&3`,
    );
    const answer = await readWithRuby(ruby, request(''));
    process.kill(Number.parseInt(readFileSync(daemon, 'utf8'), 10));
    assert.ok(answer.ok);
    assert.ok(answer.config.settings.has('node_name'));
  });

  it('ends Ruby and what it started at its deadline', async () => {
    const gone = join(dir, 'not-gone');
    const ruby = program(`sh -c 'sleep 2; touch ${gone}' & sleep 100`);
    const answer = await readWithRuby(ruby, request(''), 200);
    assert.match(refusal(answer), /did not end within 0\.2 s/);
    // Its children held the descriptor: that it has ended means that they have.
    assert.equal(existsSync(gone), false);
  });
});
