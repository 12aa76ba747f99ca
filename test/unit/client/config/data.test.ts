import assert from 'node:assert/strict';
import { readDataConfig } from '../../../../client/src/config/data.ts';
import { SETTINGS } from '../../../../client/src/config/file.ts';

const symbol = (name: string) => ({ kind: 'symbol', name });

describe('a configuration in a format of data (ADDON F.5 point 7)', () => {
  const whitelist = {
    kind: 'hash',
    entries: [
      ['chef-client', 'chef-client'],
      [
        'x',
        {
          kind: 'hash',
          entries: [
            ['command_line', 'y'],
            ['lock', true],
          ],
        },
      ],
    ],
  };

  for (const [format, text, verify, lines] of [
    [
      'json',
      '{\n "node_name": "web1",\n "umask": 18, "ssl_verify_mode": ":verify_none",\n "whitelist": {\n  "chef-client": "chef-client",\n  "x": { "command_line": "y", "lock": true } },\n "log_location": null, "allowed_overwritable_env_vars": ["A:{", "B"] }',
      ':verify_none',
      { node_name: 2, whitelist: 4, log_location: 7 },
    ],
    [
      'toml',
      'node_name = "web1" # [whitelist]\numask = 0o022\nssl_verify_mode = "verify_none"\nallowed_overwritable_env_vars = ["A:{", "B"]\n[whitelist]\nchef-client = "chef-client"\n[whitelist.x]\ncommand_line = "y"\nlock = true\n',
      'verify_none',
      { node_name: 1, whitelist: 5 },
    ],
    [
      'yaml',
      '---\nnode_name: web1\numask: 0022\nssl_verify_mode: :verify_none\nlog_location: ~\nallowed_overwritable_env_vars: ["A:{", B]\nwhitelist:\n  chef-client: &c chef-client\n  x: { command_line: y, lock: yes }\n',
      symbol('verify_none'),
      { node_name: 2, whitelist: 7, log_location: 5 },
    ],
    [
      'yml',
      ':node_name: web1\n:umask: 18\nssl_verify_mode: ":verify_none"\ndefaults: &d\n  chef-client: chef-client\nwhitelist:\n  <<: *d\n  x: { command_line: y, lock: on }\nallowed_overwritable_env_vars:\n- "A:{"\n- B\n',
      ':verify_none',
      { node_name: 1, whitelist: 6 },
    ],
  ] as const) {
    it(`is read from .${format}, with the line of each setting`, async () => {
      const { settings, files, warnings } = await readDataConfig(text, `/c.${format}`, SETTINGS);
      const value = (name: string) => settings.get(name)?.value;
      assert.equal(value('node_name'), 'web1');
      assert.equal(value('umask'), 0o022);
      assert.deepEqual(value('ssl_verify_mode'), verify);
      assert.deepEqual(value('whitelist'), whitelist);
      assert.deepEqual(value('allowed_overwritable_env_vars'), ['A:{', 'B']);
      for (const [name, line] of Object.entries(lines))
        assert.deepEqual([name, settings.get(name)?.line], [name, line]);
      assert.deepEqual([files, warnings], [[`/c.${format}`], []]);
    });
  }

  it('knows no patterns: a key is a name, which is said where one looks like a pattern', async () => {
    const text = '{ "whitelist": { "/^a$/": "b", "^a (.+)$": "c", "a/b": "d" } }';
    const { warnings } = await readDataConfig(text, '/c.json', SETTINGS);
    assert.deepEqual(
      warnings.map(({ line, message }) => [line, /"[^"]*"/.exec(message)?.[0]]),
      [
        [1, '"/^a$/"'],
        [1, '"^a (.+)$"'],
      ],
    );
  });

  for (const [end, text, said] of [
    ['json', '{\n "a": 1,\n}', /^\/c\.json:3: this is no JSON: Expected .*property name/],
    ['json', '{\n "secret": "s3cret", "b": tru }', /^\/c\.json:2: this is no JSON: something else/],
    ['json', '', /^\/c\.json:1: this is no JSON: it ends here/],
    ['json', '\n[1]', /^\/c\.json:1: it must hold names of settings/],
    ['toml', 'a = 1\nb = "s3cret', /^\/c\.toml:\d: this is no TOML/],
    ['toml', 'a = 1\nb = 1979-05-27', /^\/c\.toml:2: b: a value that is no text/],
    ['yaml', 'a: 1\nb: [s3cret', /^\/c\.yaml:\d: this YAML cannot be used/],
    ['yaml', 'a: 1\nb: !ruby/regexp /x/', /^\/c\.yaml:2: this YAML .*ruby\/regexp/],
    ['yaml', 'a: 1\nb: 2001-12-14', /^\/c\.yaml:2: b: a value that is no text/],
    ['yaml', 'a: *s3cret', /^\/c\.yaml:1: this YAML .*Unresolved alias/],
    ['yaml', 'a: 1\nb: !s3cret', /^\/c\.yaml:2: this YAML .*Unresolved tag$/],
    ['yaml', '', /^\/c\.yaml:1: it must hold names of settings/],
    ['yaml', '1: 2', /^\/c\.yaml:1: a key is no text/],
    [
      'yaml',
      'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c]',
      /^\/c\.yaml:1: .*alias/i,
    ],
  ] as const) {
    it(`refuses ${JSON.stringify(text.slice(0, 30))} in .${end}, and shows nothing of it`, async () => {
      await assert.rejects(readDataConfig(text, `/c.${end}`, SETTINGS), (error: Error) => {
        assert.equal((error as { code?: string }).code, 'bad_config');
        assert.match(error.message, said);
        assert.doesNotMatch(error.message, /s3cret/);
        return true;
      });
    });
  }
});
