import assert from 'node:assert/strict';
import { readRubyConfig, type RubyConfig } from '@pushy/ruby-config';
import { readDataConfig } from '../../../../client/src/config/data.ts';
import { SETTINGS } from '../../../../client/src/config/file.ts';
import { configValues } from '../../../../client/src/config/values.ts';
import { readWhitelist } from '../../../../client/src/config/whitelist.ts';
import { HOST } from '../../../helpers/ruby-config.ts';

/** The same whitelist in four formats: what is wrong stands in line 4. */
const WRITTEN: Readonly<Record<string, (key: string, value: string) => string>> = {
  rb: (key, value) => `whitelist(\n  'a' => '1',\n  'x' => {\n    :${key} => ${value},\n  })`,
  json: (key, value) =>
    `{ "whitelist": {\n  "a": "1",\n  "x": {\n    "${key}": ${value} } }, "umask": 18 }`,
  toml: (key, value) => `[whitelist]\na = "1"\n[whitelist.x]\n${key} = ${value}\n`,
  yml: (key, value) => `whitelist:\n  a: "1"\n  x:\n    ${key}: ${value}\n`,
};

describe('what an entry of the whitelist says (ADDON C.3)', () => {
  function read(text: string, end: string): Promise<RubyConfig> {
    const file = `/c.${end}`;
    if (end !== 'rb') return readDataConfig(text, file, SETTINGS);
    return readRubyConfig(text, { file, relevant: SETTINGS, env: {}, ...HOST });
  }
  const whitelist = async (text: string, end: string) =>
    readWhitelist(configValues(await read(text, end)));

  for (const [end, write] of Object.entries(WRITTEN)) {
    it(`is refused in .${end} with its own line where a key is mistyped`, async () => {
      for (const [key, value, what] of [
        ['comand_line', '"y"', /entry x: comand_line is no key of an entry: is command_line meant/],
        ['lokc', 'true', /entry x: lokc is no key of an entry: is lock meant\?/],
        ['lock', '7', /entry x: (command_line is missing|lock must be true)/],
      ] as const) {
        await assert.rejects(whitelist(write(key, value), end), (error: Error) => {
          assert.match(error.message, what);
          const line = key === 'lock' ? 3 : 4;
          assert.ok(error.message.startsWith(`/c.${end}:${line}: whitelist: `), error.message);
          return true;
        });
      }
    });

    it(`is refused in .${end} with its own line where its lock would be another file for every run`, async () => {
      const text = (lock: string) =>
        write('command_line', '"y"').replace(
          '"y"',
          `"y"${end === 'rb' ? ",\n:'lock' => " : end === 'json' ? ',\n"lock": ' : end === 'toml' ? '\nlock = ' : '\n    lock: '}${lock}`,
        );
      for (const [lock, what] of [
        ['"rel.lock"', "true, false or an absolute path, and 'rel.lock' is none"],
        ['""', "true, false or an absolute path, and '' is none"],
        [
          '"true"',
          "true, false or an absolute path, and 'true' is none: is true without quotes meant?",
        ],
      ] as const)
        await assert.rejects(whitelist(text(lock), end), {
          message: `/c.${end}:5: whitelist: entry x: lock must be ${what}`,
        });
      const { entries } = await whitelist(text('"/var/lock/x"'), end);
      assert.deepEqual(entries[1], { name: 'x', commandLine: 'y', lock: '/var/lock/x' });
    });

    it(`is warned of in .${end} with its own line where a key means nothing`, async () => {
      const text = write('command_line', '"y"').replace('"y"', (y) => {
        return end === 'rb' || end === 'json'
          ? `${y},\n"user": "root"`.replace('"user":', end === 'rb' ? ":'user' =>" : '"user":')
          : `${y}\n${end === 'toml' ? 'user = "root"' : '    user: root'}`;
      });
      const { entries, warnings } = await whitelist(text, end);
      assert.equal(entries.length, 2);
      assert.deepEqual(warnings, [
        `/c.${end}:5: whitelist: entry x: user is no key of an entry, and has no effect (command_line, lock are)`,
      ]);
    });
  }

  it('is warned of where it has the name of a setting that the file does not set', async () => {
    const text = 'whitelist:\n  a: b\n  node_name: web1\n  umask: "true"\numask: 18\n';
    const { warnings } = await whitelist(text, 'yml');
    assert.deepEqual(warnings, [
      '/c.yml:3: whitelist: node_name stands inside of the whitelist and so is a command, and no setting',
    ]);
  });

  it('has the line of an entry that was set by itself, and of one in another list the line of the setting', async () => {
    const list = "whitelist 'a' => 'b'\nwhitelist['x'] =\n  { lokc: true }";
    await assert.rejects(whitelist(list, 'rb'), /^AgentError: \/c\.rb:3: whitelist: entry x/);
    const merged = "more = { 'x' => {} }\nwhitelist({ 'a' => 'b' }.merge(more))";
    await assert.rejects(whitelist(merged, 'rb'), /\/c\.rb:2: whitelist: entry x: command_line is/);
  });

  describe('in TOML', () => {
    it('is refused with its line where a setting stands below the table, and would be a command', async () => {
      for (const [text, line, name] of [
        ['[whitelist]\na = "b"\nnode_name = "web1"', 3, 'node_name'],
        ['umask = 18\n[ whitelist ]\na = "b"\n\nallow_unencrypted = true', 5, 'allow_unencrypted'],
        ['[whitelist.x]\ncommand_line = "y"\nlog_level = "debug"', 3, 'log_level'],
        ['[whitelist]\na = "b"\n[whitelist."c.d"]\nlock = true\nfips = true', 5, 'fips'],
      ] as const) {
        const start = `/c.toml:${line}: ${name} stands below [whitelist`;
        await assert.rejects(whitelist(text, 'toml'), (error: Error) => {
          assert.ok(error.message.startsWith(start), error.message);
          assert.match(error.message, /put the settings above the first table/);
          return true;
        });
      }
    });

    it('is taken where it only looks like that', async () => {
      for (const text of [
        '[whitelist]\na = "b"\n"umask" = "umask"',
        "[whitelist]\na = '''\nnode_name = web1\n'''",
        '[whitelist]\na = "b"\n[knife]\nnode_name = "web1"\n[[list]]\nlog_level = "x"',
        'whitelist = { a = "b", umask = "umask" }\nwhitelist_match = "full"',
      ]) {
        const { entries } = await whitelist(text, 'toml');
        assert.ok(entries.length > 0);
      }
    });
  });
});
