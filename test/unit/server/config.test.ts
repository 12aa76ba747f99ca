import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readConfig, type ReadConfig } from '../../../server/src/config.ts';
import {
  ALIASES,
  KEYS,
  nameOf,
  REFUSED,
  SETTINGS,
  WITHOUT_EFFECT,
  type SettingKey,
} from '../../../server/src/settings.ts';
import { makeTempDir } from '../../helpers/temp-dir.ts';

const PEM = '-----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY-----\n';

describe('the settings of the server', () => {
  let dir: string;
  let remove: () => Promise<void>;
  let file: string;
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
    file = join(dir, 'server.rb');
    await writeFile(join(dir, 'key.pem'), PEM);
  });
  afterEach(() => remove());

  const read = async (source: string, env: Record<string, string> = {}): Promise<ReadConfig> => {
    await writeFile(file, source);
    return readConfig({ file, env });
  };
  const refusal = async (source: string, env: Record<string, string> = {}): Promise<string> => {
    try {
      await read(source, env);
    } catch (error) {
      assert.ok(error instanceof Error && 'code' in error && error.code === 'bad_config');
      return error.message;
    }
    throw new assert.AssertionError({ message: `was taken: ${source}` });
  };

  /** For each setting a value that is not its default, as it stands in a file, and what it becomes. */
  const others: Record<SettingKey, readonly [text: string, value: unknown]> = {
    dir: ["'/tmp/x'", '/tmp/x'],
    listen: ["'0.0.0.0'", '0.0.0.0'],
    apiPort: ['1', 1],
    commandPort: ["'2'", 2],
    serverHeartbeatPort: ['0', 0],
    zeromqListenAddress: ["'tcp://[::1]'", 'tcp://[::1]'],
    serverName: ["'push.example.com'", 'push.example.com'],
    heartbeatInterval: ["'10000'", 10_000],
    downThreshold: ['0.5', 0.5],
    decayWindow: ['5', 5],
    detectOfflineNodesInterval: ['6', 6],
    rehabTimer: ['2000', 2000],
    votingTimeout: ['1.5', 1.5],
    abortTimeout: ['2.5', 2.5],
    restartPolicy: ["'crash'", 'crash'],
    defaultRunningTimeout: ['60', 60],
    waitCompleteTime: ['0', 0],
    keepAliveTime: ['20', 20],
    orgFeedExpiration: ['30', 30],
    feedMaxConnections: ['100', 100],
    configLifetime: ['60', 60],
    maxBodySize: ['70000', 70_000],
    maxTimeSkew: ['10', 10],
    validateClientNodeName: ["'false'", false],
    disableCurveEncryption: ['true', true],
    chefServerUrl: ["'https://chef.example.com'", 'https://chef.example.com'],
    chefBackend: ["'goiardi'", 'goiardi'],
    chefOrg: ["'MAIN'", 'MAIN'],
    chefSuperuser: ["'admin'", 'admin'],
    chefSuperuserKey: ["'KEY'", 'KEY'],
    chefApiVersion: ["'12.0.0'", '12.0.0'],
    chefCaFile: ["'KEY'", 'KEY'],
    chefVerifyTls: ['false', false],
    chefTimeout: ['2.5', 2.5],
    groupReuseTime: ['5', 5],
    databaseUrl: ["'postgres://u@h/d'", 'postgres://u@h/d'],
    dbPoolSize: ["'7'", 7],
    logLevel: [':debug', 'debug'],
  };

  for (const [key, [text, value]] of Object.entries(others)) {
    it(`${nameOf(key)} is reachable by file and by environment`, async () => {
      const here = (s: string): string => s.replace('KEY', join(dir, 'key.pem'));
      const needed = `opscode_pushy_server['chef_superuser_key'] = '${join(dir, 'key.pem')}'\n`;
      const line = `opscode_pushy_server['${nameOf(key)}'] = ${here(text)}\n`;
      const wanted = typeof value === 'string' ? here(value) : value;
      const shown = ({ config }: ReadConfig): unknown => config[key as SettingKey];
      assert.notDeepEqual(shown(await read('')), wanted, 'it is the default');
      assert.deepEqual(shown(await read(needed + line)), wanted);
      const env = { [`PUSHY_${nameOf(key).toUpperCase()}`]: String(wanted) };
      assert.deepEqual(shown(await read(needed, env)), wanted);
    });
  }

  it('is documented: docs/settings.md has every setting, its default, unit and meaning, and no other', async () => {
    const doc = await readFile(new URL('../../../docs/settings.md', import.meta.url), 'utf8');
    const rows = doc
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) =>
        line
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim()),
      );
    const code = (value: string | number | boolean | null): string =>
      value === null ? 'not set' : `\`${value}\``;
    assert.deepEqual(rows, [
      ...Object.entries(SETTINGS).map(([key, s]) => [
        code(nameOf(key)),
        code(s.default),
        s.unit,
        s.doc,
      ]),
      ...Object.entries(ALIASES).map(([name, key]) => [code(name), code(nameOf(key))]),
      ...Object.entries(WITHOUT_EFFECT).map(([name, why]) => [code(name), why]),
      ...Object.entries(REFUSED).map(([name, why]) => [code(name), why]),
    ]);
  });

  it('has defaults that it takes itself', async () => {
    const { config, warnings } = await read('');
    assert.equal(config.heartbeatInterval, 1000); // Decision 10
    assert.equal(config.serverName, hostname());
    assert.equal(config.chefServerUrl, undefined);
    assert.deepEqual(warnings, []);
    assert.ok(Object.isFrozen(config));
  });

  it('ADDON B.4 takes the other names of the original', async () => {
    const { config } = await read(
      "opscode_pushy_server['server_name_advertised'] = 'a.example.com'\n",
    );
    assert.equal(config.serverName, 'a.example.com');
  });

  it('ADDON B.4 takes the bare names of its documentation; the hash counts above them', async () => {
    assert.equal((await read('heartbeat_interval 2000\n')).config.heartbeatInterval, 2000);
    const both = "opscode_pushy_server['heartbeat_interval'] = 3000\nheartbeat_interval 2000\n";
    assert.equal((await read(both)).config.heartbeatInterval, 3000);
  });

  it('puts the environment above the file', async () => {
    const source = "opscode_pushy_server['api_port'] = 1\n";
    assert.equal((await read(source, { PUSHY_API_PORT: '2' })).config.apiPort, 2);
  });

  const wrong: readonly (readonly [line: string, said: string])[] = [
    ["['api_port'] = 70000", 'api_port must be a whole number from 0 to 65535, not 70000'],
    ["['api_port'] = 'x'", 'api_port must be a whole number from 0 to 65535, not "x"'],
    ["['api_port'] = nil", 'api_port must be a whole number from 0 to 65535, not null'],
    [
      "['heartbeat_interval'] = 1.5",
      'heartbeat_interval must be a whole number from 50 to 3600000, not 1.5',
    ],
    ["['down_threshold'] = 4", 'down_threshold must be a number from 0.01 to 0.99, not 4'],
    [
      "['disable_curve_encryption'] = 'yes'",
      'disable_curve_encryption must be true or false, not "yes"',
    ],
    ["['listen'] = ''", 'listen must be a text, not ""'],
    [
      "['zeromq_listen_address'] = 'tcp://*:1'",
      'zeromq_listen_address must be tcp:// and a host without a port, such as tcp://*, not "tcp://*:1"',
    ],
    [
      "['chef_server_url'] = 'chef.example.com'",
      'chef_server_url must be a URL that starts with http:// or https://, not "chef.example.com"',
    ],
    [
      "['database_url'] = 'mysql://x'",
      'database_url must be a URL that starts with postgres:// or postgresql://, not what stands there',
    ],
    [
      "['chef_backend'] = 'zero'",
      'chef_backend must be one of chef-server, chef-zero, goiardi, not "zero"',
    ],
  ];
  for (const [line, said] of wrong) {
    it(`refuses ${line} with file and line`, async () => {
      assert.equal(await refusal(`# first\nopscode_pushy_server${line}\n`), `${file}:2: ${said}`);
    });
  }

  it('names the variable where the environment is wrong', async () => {
    const said = await refusal('', { PUSHY_API_PORT: 'x' });
    assert.equal(said, 'PUSHY_API_PORT: api_port must be a whole number from 0 to 65535, not "x"');
  });

  for (const name of Object.keys(REFUSED)) {
    it(`REFERENCE 1 refuses ${name}, bare or not, off or on`, async () => {
      assert.match(await refusal(`opscode_pushy_server['${name}'] = true\n`), /is not supported/);
      assert.match(await refusal(`${name} false\n`), /:1: .*is not supported/);
    });
  }

  it('warns of a setting that it does not know, and of one without effect', async () => {
    const { warnings } = await read(
      "opscode_pushy_server['heartbeat_intervall'] = 1\nopscode_pushy_server['ha'] = true\n",
      { PUSHY_NONSENSE: '1' },
    );
    assert.deepEqual(warnings, [
      `${file}:1: the setting heartbeat_intervall is not known`,
      `${file}:2: ha has no effect: ${WITHOUT_EFFECT['ha'] ?? ''}`,
      'PUSHY_NONSENSE: the setting nonsense is not known',
    ]);
  });

  it('refuses a mistyped name of the object, with its line', async () => {
    assert.equal(
      await refusal("opscode_push_server['dir'] = '/nowhere'\n"),
      `${file}:1: opscode_push_server is no name that this server knows. Settings are written opscode_pushy_server['name'] = value.`,
    );
  });

  it('needs a key for a Chef server, and one that can be read', async () => {
    const url = "opscode_pushy_server['chef_server_url'] = 'http://localhost'\n";
    const key = (path: string): string =>
      `opscode_pushy_server['chef_superuser_key'] = '${path}'\n`;
    assert.match(await refusal(url), /:1: chef_server_url needs chef_superuser_key/);
    assert.match(
      await refusal(url + key('/nope')),
      /:2: chef_superuser_key: \/nope cannot be read/,
    );
    await writeFile(join(dir, 'text'), 'no key');
    assert.match(await refusal(url + key(join(dir, 'text'))), /text holds no PEM/);
    const { config } = await read(url + key(join(dir, 'key.pem')));
    assert.equal(config.chefSuperuserPem, PEM);
  });

  it('passes on what the Ruby reader refuses, with its line', async () => {
    assert.match(
      await refusal("\nopscode_pushy_server['api_port'] = rand(10)\n"),
      /server\.rb:2: /,
    );
  });

  it('says which file cannot be read', async () => {
    await assert.rejects(readConfig({ file: join(dir, 'none.rb'), env: {} }), {
      message: `the configuration file ${join(dir, 'none.rb')} cannot be read`,
    });
  });

  it('gives every name to one setting', () => {
    assert.equal(KEYS.size, Object.keys(SETTINGS).length + Object.keys(ALIASES).length);
  });
});
