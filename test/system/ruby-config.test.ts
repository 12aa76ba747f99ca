import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isHash, type RubyConfig, type RubyValue } from '@pushy/ruby-config';
import { readDataConfig } from '../../client/src/config/data.ts';
import { SETTINGS } from '../../client/src/config/file.ts';
import { readConfigFile } from '../../client/src/process/read-config.ts';
import {
  ENVIRONMENT,
  HOST,
  OBJECTS,
  RELEVANT,
  readText,
  readable,
  refused,
} from '../helpers/ruby-config.ts';
import { runOk } from '../helpers/run.ts';
import { gemSet } from '../provision/gem-sets.ts';
import { useScene } from './harness/scene.ts';

/** What the Ruby program prints for one file. */
type Evaluated =
  | { readonly failed: string }
  | {
      readonly settings: Readonly<Record<string, unknown>>;
      readonly objects: Readonly<Record<string, unknown>>;
      readonly environment: Readonly<Record<string, string | null>>;
      readonly constants: Readonly<Record<string, unknown>>;
      readonly showTime: boolean | null;
    };

/** Without hashes, which mixlib-config makes objects of that only a Chef program can show. */
const DATA = {
  json: '{ "node_name": "a:b", "umask": 18, "verify_api_cert": true, "no_proxy": null, "log_location": ["x", "STDOUT"], "log_level": ":warn" }',
  toml: 'node_name = "a:b"\numask = 18\nverify_api_cert = true\nlog_location = [ "x", "STDOUT" ]\nmax_body_size = 63_000\n',
  yaml: 'node_name: y\numask: 0022\nverify_api_cert: on\nno_proxy: ~\nlog_location: [x, STDOUT]\nlog_level: :warn\nssl_verify_mode: ":verify_none"\nlockfile: "yes"\nmax_body_size: 63_000\nfile_dir: n\n:client_name: x\nfips: No\n',
};

const program = fileURLToPath(new URL('ruby-config/evaluate.rb', import.meta.url));

describe('ruby-config against Ruby and mixlib-config', () => {
  const scene = useScene('workstation');
  let evaluated: Readonly<Record<string, Evaluated>>;

  before(async () => {
    const files = [...readable, ...refused.filter(isComparable)].map(({ file }) => file);
    const set = gemSet('workstation');
    const given = JSON.stringify(ENVIRONMENT);
    const { file, args } = set.command('ruby', ['-W0', program, given, ...files]);
    const { stdout } = await runOk(file, args, { env: set.env, timeoutMs: 30_000 });
    evaluated = JSON.parse(stdout) as Record<string, Evaluated>;
  });

  for (const { name, file, text } of readable)
    it(`reads ${name}.rb as Ruby evaluates it`, async () => {
      const ruby = evaluated[file];
      if (ruby === undefined || 'failed' in ruby) assert.fail(ruby?.failed ?? 'not evaluated');
      const ours = await readText(text, { file, ...HOST });
      compareSettings(ours, ruby.settings);
      for (const object of OBJECTS) assert.deepEqual(objectOf(ours, object), ruby.objects[object]);
      assert.deepEqual(Object.fromEntries(ours.environment), ruby.environment);
      for (const [constant, { value }] of ours.constants)
        assert.deepEqual(plain(value), ruby.constants[constant], constant);
      assert.equal(ours.showTime ?? null, ruby.showTime);
    });

  for (const { name, file, text } of refused.filter(isComparable))
    it(`F.5 refuses ${name}.rb, of which Ruby makes nothing that was meant`, async () => {
      const ruby = evaluated[file] ?? assert.fail('not evaluated');
      const [code, line] = codeAndLine(text);
      if ('failed' in ruby) {
        if (code === 'syntax') assert.match(ruby.failed, /^SyntaxError/);
        return;
      }
      const lines = text.split('\n');
      const [, setting] = /^\s*(\w+)/.exec(lines[line - 1] ?? '') ?? assert.fail('no such line');
      if (code === 'unquoted_word') assert.equal(ruby.settings[setting ?? ''], null);
      else {
        assert.match(code, /_trap$/);
        lines[line - 1] = '';
        compareSettings(await readText(lines.join('\n'), { file, ...HOST }), ruby.settings);
      }
    });

  for (const [end, text] of Object.entries(DATA))
    it(`F.5 reads .${end} as mixlib-config does`, async () => {
      const file = join(await scene.subdir(`data-${end}`), `client.${end}`);
      await writeFile(file, text);
      const set = gemSet('workstation');
      const { file: ruby, args } = set.command('ruby', ['-W0', program, '{}', file]);
      const { stdout } = await runOk(ruby, args, { env: set.env, timeoutMs: 30_000 });
      const found = (JSON.parse(stdout) as Record<string, Evaluated>)[file];
      if (found === undefined || 'failed' in found) assert.fail(found?.failed ?? 'not evaluated');
      compareSettings(await readDataConfig(text, file, SETTINGS), found.settings);
    });

  it("ruby_config 'chef': Chef's own classes evaluate what cannot be read without Ruby", async () => {
    const set = gemSet('workstation');
    const dir = await scene.subdir('chef-ruby');
    const ruby = join(dir, 'ruby');
    await writeFile(ruby, '#!/bin/sh\nexec ruby -rbundler/setup "$@"\n', { mode: 0o755 });
    await mkdir(join(dir, 'client.d', 'deep'), { recursive: true });
    await writeFile(join(dir, 'name'), 'web01');
    await writeFile(join(dir, 'client.d', 'more.rb'), "no_proxy 'near'\n");
    const lines = [
      `ruby_config '${ruby}'`,
      'node_name `echo computed`.chomp',
      "chef_server_url ' https://chef.example.com/organizations/acme '",
      'entries = { /^run (.+)$/i => { command_line: "x", lock: true } }',
      "whitelist entries.merge('chef-client' => 'chef-client')",
      "whitelist['more'] = :symbol",
      "puts 'printed'; log_location STDOUT; knife[:editor] = 'vi'",
      "ENV['FROM_FILE'] = node_name",
      'Mixlib::Log::Formatter.show_time = false',
      "Dir.glob(File.join(__dir__, 'client.d', '**', '*.rb')).each { |f| Chef::Config.from_file f }",
      "from_file(__dir__ + '/local.rb') if File.exist?(__dir__ + '/local.rb')",
      "File.read(File.join(__dir__, 'name'), mode: 'r:utf-8')",
    ];
    const file = join(dir, 'client.rb');
    await writeFile(file, lines.join('\n'));
    const answer = await readConfigFile({ file, env: set.env, relevant: RELEVANT });
    if (!answer.ok) assert.fail(answer.message);
    const { settings, environment, showTime, files } = answer.config;
    const found = Object.fromEntries([...settings].map(([name, at]) => [name, plain(at.value)]));
    assert.deepEqual(found, {
      ruby_config: ruby,
      node_name: 'computed',
      chef_server_url: 'https://chef.example.com/organizations/acme',
      whitelist: {
        hash: [
          [
            { regexp: '^run (.+)$', flags: 'i' },
            {
              hash: [
                [{ symbol: 'command_line' }, 'x'],
                [{ symbol: 'lock' }, true],
              ],
            },
          ],
          ['chef-client', 'chef-client'],
          ['more', { symbol: 'symbol' }],
        ],
      },
      log_location: { constant: 'STDOUT' },
      no_proxy: 'near',
    });
    assert.equal(settings.get('whitelist')?.line, 5);
    // What it lists and looks at is watched as well, or a new file would count from the next start on.
    assert.deepEqual(files, [
      file,
      join(dir, 'client.d', 'more.rb'),
      join(dir, 'client.d'),
      join(dir, 'client.d', 'deep'),
      join(dir, 'local.rb'),
      join(dir, 'name'),
    ]);
    assert.deepEqual([...environment], [['FROM_FILE', 'computed']]);
    assert.equal(showTime, false);

    await writeFile(file, `ruby_config '${ruby}'\nnode_name \`id\`\nraise 'no node'\n`);
    const failed = await readConfigFile({ file, env: set.env, relevant: RELEVANT });
    assert.ok(!failed.ok);
    assert.equal(failed.message, `${file}:3: Ruby says RuntimeError: no node`);
  });
});

/** What Ruby makes of a file that is refused for `not_static` is its own business, and may be a program that it runs. */
function isComparable({ text }: { text: string }): boolean {
  return codeAndLine(text)[0] !== 'not_static';
}

function codeAndLine(text: string): [string, number] {
  const [, code = '', line] =
    /^# refused: (\w+) (\d+)$/m.exec(text) ?? assert.fail('no first line');
  return [code, Number(line)];
}

/** What we read must be what Ruby has; what we left out must not matter, and be warned about. */
function compareSettings(ours: RubyConfig, ruby: Readonly<Record<string, unknown>>): void {
  for (const [name, { value }] of ours.settings) {
    assert.ok(name in ruby, `Ruby has no setting ${name}`);
    assert.deepEqual(plain(value), ruby[name], name);
  }
  const missing = Object.keys(ruby).filter((name) => !ours.settings.has(name));
  assert.deepEqual(
    missing.filter((name) => RELEVANT.has(name)),
    [],
  );
  assert.ok(missing.length <= ours.warnings.length, `${missing.join(' ')} left out in silence`);
}

function objectOf(ours: RubyConfig, name: string): unknown {
  const keys = ours.objects.get(name) ?? new Map<string, { value: RubyValue }>();
  return { hash: [...keys].map(([key, { value }]) => [key, plain(value)]) };
}

/** The spelling in which the Ruby program prints values. */
function plain(value: RubyValue): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (isHash(value)) return { hash: value.entries.map(([key, item]) => [plain(key), plain(item)]) };
  if (value.kind === 'regexp') return { regexp: value.source, flags: value.flags };
  return { [value.kind]: value.name };
}
