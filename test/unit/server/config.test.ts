import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { inspectConfig, readConfig, type ReadConfig } from '../../../server/src/config.ts';
import {
  ALIASES,
  KEYS,
  nameOf,
  REFUSED,
  spelled,
  WITHOUT_EFFECT,
} from '../../../server/src/setting-names.ts';
import { SETTINGS, type SettingKey } from '../../../server/src/settings.ts';
import { newCertificate } from '../../helpers/certificate.ts';
import { makeTempDir } from '../../helpers/temp-dir.ts';

/** A wrong value of a setting, and what is said of it. */
type Wrong = readonly [line: string, said: string];

const certificate = newCertificate('push.example.com');
const PEM = '-----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY-----\n';

describe('the settings of the server', () => {
  let dir: string;
  let remove: () => Promise<void>;
  let file: string;
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
    file = join(dir, 'server.rb');
    await writeFile(join(dir, 'key.pem'), PEM);
    await writeFile(join(dir, 'tls.crt'), certificate.cert);
    await writeFile(join(dir, 'tls.key'), certificate.key);
    await mkdir(join(dir, 'trusted'));
    await writeFile(join(dir, 'trusted/chef.crt'), certificate.cert);
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
    zmqIoProcesses: ["'2'", 2],
    enable: ["'false'", false],
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
    vip: ["'10.0.0.1'", '10.0.0.1'],
    waitCompleteTime: ['0', 0],
    keepAliveTime: ['0.5', 0.5],
    orgFeedExpiration: ["'0'", 0],
    feedMaxConnections: ['100', 100],
    configLifetime: ['60', 60],
    admissionCheckInterval: ['600', 600],
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
    trustedCertsDir: ["'TRUSTED'", 'TRUSTED'],
    ibrowseMaxSessions: ['"12"', 12],
    ibrowseMaxPipelineSize: ['2', 2],
    chefVerifyTls: ['false', false],
    chefTimeout: ['2.5', 2.5],
    groupReuseTime: ['5', 5],
    databaseUrl: ["'postgres://u@h/d'", 'postgres://u@h/d'],
    postgresqlVip: ["'db.example.com'", 'db.example.com'],
    postgresqlPort: ["'5433'", 5433],
    postgresqlDatabaseName: ["'push'", 'push'],
    postgresqlSqlUser: ["'pushy'", 'pushy'],
    postgresqlSqlRoUser: ["'looks'", 'looks'],
    postgresqlSqlPassword: ["'hush'", 'hush'],
    postgresqlSqlPasswordFile: ["'KEY'", 'KEY'],
    dbPoolSize: ["'7'", 7],
    jobRetentionDays: ['0.5', 0.5],
    jobRetentionCount: ["'1000'", 1000],
    logLevel: [':debug', 'debug'],
    logDirectory: ["'/var/log/x'", '/var/log/x'],
    logRotationFileMaxbytes: ["'10000'", 10_000],
    logRotationNumToKeep: ['3', 3],
    metricsListen: ["'::1'", '::1'],
    metricsPort: ["'0'", 0],
    enableGraphite: ["'true'", true],
    graphiteHost: ["'stats.example.com'", 'stats.example.com'],
    graphitePort: ["'2004'", 2004],
    tlsCertificate: ["'CERT'", 'CERT'],
    tlsKey: ["'TLSKEY'", 'TLSKEY'],
    tlsListen: ["'127.0.0.1'", '127.0.0.1'],
    tlsPort: ['443', 443],
  };

  it('D2 looks four intervals back for an average of 0.6, and takes neither number for the other', async () => {
    const { downThreshold, decayWindow } = (await read('')).config;
    assert.deepEqual({ downThreshold, decayWindow }, { downThreshold: 0.6, decayWindow: 4 });
    for (const swapped of ["['down_threshold'] = 4", "['decay_window'] = 0.6"]) {
      assert.match(await refusal(`opscode_pushy_server${swapped}\n`), /must be a (whole )?number/);
    }
  });

  for (const [key, [text, value]] of Object.entries(others)) {
    it(`${nameOf(key)} is reachable by file and by environment`, async () => {
      const here = (s: string): string =>
        s
          .replace('CERT', join(dir, 'tls.crt'))
          .replace('TLSKEY', join(dir, 'tls.key'))
          .replace('KEY', join(dir, 'key.pem'))
          .replace('TRUSTED', join(dir, 'trusted'));
      const needed =
        `opscode_pushy_server['chef_superuser_key'] = '${join(dir, 'key.pem')}'\n` +
        (key.startsWith('tls')
          ? here(
              "opscode_pushy_server['tls_certificate'] = 'CERT'\nopscode_pushy_server['tls_key'] = 'TLSKEY'\n",
            )
          : '');
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
      ...Object.entries(WITHOUT_EFFECT).map(([name, why]) => [code(spelled(name)), why]),
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

  const wrong: readonly Wrong[] = [
    [
      "['dir'] = 'data'",
      'dir must be a path that starts with /, such as /var/opt/name, not "data"',
    ],
    [
      "['server_name'] = 'push example'",
      'server_name must be a host name or an IPv4 address, not "push example"',
    ],
    [
      "['server_name'] = 'tcp://push'",
      'server_name must be a host name or an IPv4 address, not "tcp://push"',
    ],
    ["['log_rotation'] = 7", "log_rotation must be a hash such as { 'num_to_keep' => 10 }"],
    [
      "['log_rotation'] = { 'num_to_keep' => 'x' }",
      'log_rotation[\'num_to_keep\'] must be a whole number from 1 to 10000, not "x"',
    ],
    [
      "['postgresql_sql_password'] = [1]",
      "postgresql['sql_password'] must be a text, not what stands there",
    ],
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
    ["['listen'] = ''", 'listen must be an IP address or a host name of this machine, not ""'],
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
      `${file}:1: the setting heartbeat_intervall is not known: is heartbeat_interval meant?`,
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

  it('trusts every certificate in trusted_certs_dir, and refuses what is none', async () => {
    const line = `opscode_pushy_server['trusted_certs_dir'] = '${join(dir, 'trusted')}'\n`;
    const other = newCertificate('other.example.com');
    await writeFile(join(dir, 'trusted/other.pem'), other.cert);
    await writeFile(join(dir, 'trusted/README'), 'not looked at');
    await writeFile(join(dir, 'ca'), certificate.cert);
    const ca = `opscode_pushy_server['chef_ca_file'] = '${join(dir, 'ca')}'\n`;
    const { config } = await read(line + ca);
    const { cert } = certificate;
    assert.equal(config.chefCaPem, [cert, cert, other.cert].join('\n'));
    assert.equal((await read('')).config.chefCaPem, undefined);
    await writeFile(join(dir, 'trusted/key.pem'), PEM);
    assert.match(
      await refusal(line),
      /:1: trusted_certs_dir: .*trusted\/key\.pem holds no certificate/,
    );
    assert.match(
      await refusal(line.replace("trusted'", "gone'")),
      /:1: trusted_certs_dir: .*gone cannot be read/,
    );
  });

  it('passes on what the Ruby reader refuses, with its line', async () => {
    assert.match(
      await refusal("\nopscode_pushy_server['api_port'] = rand(10)\n"),
      /server\.rb:2: /,
    );
  });

  it('says which file cannot be read', async () => {
    await assert.rejects(readConfig({ file: join(dir, 'none.rb'), env: {} }), {
      message: `the configuration file ${join(dir, 'none.rb')} cannot be read: there is no such file`,
    });
    await assert.rejects(readConfig({ file: dir, env: {} }), {
      message: `the configuration file ${dir} cannot be read: it is a directory`,
    });
  });

  it('finds everything that is wrong at once', async () => {
    const said = await refusal(
      "opscode_pushy_server['api_port'] = 'x'\nopscode_pushy_server['skip_header_validation'] = true\n",
      { PUSHY_LOG_LEVEL: 'loud' },
    );
    assert.deepEqual(said.split('\n').length, 3);
    assert.match(said, /server\.rb:1: api_port/);
    assert.match(said, /server\.rb:2: skip_header_validation/);
    assert.match(said, /PUSHY_LOG_LEVEL: log_level must be one of debug, info, warn, error/);
  });

  it('ADDON B.4 takes log_rotation as a hash, with text or symbol keys', async () => {
    const { config, warnings } = await read(
      "opscode_pushy_server['log_directory'] = '/var/log/x'\n" +
        "opscode_pushy_server['log_rotation'] = { 'num_to_keep' => '20', :file_maxbytes => 50000, 'more' => 1, 'file_maxbyte' => 2 }\n",
    );
    assert.equal(config.logRotationNumToKeep, 20);
    assert.equal(config.logRotationFileMaxbytes, 50_000);
    assert.deepEqual(warnings, [
      `${file}:2: the setting log_rotation['more'] is not known`,
      `${file}:2: the setting log_rotation['file_maxbyte'] is not known: is log_rotation['file_maxbytes'] meant?`,
    ]);
  });

  it('ADDON B.4 makes the database of the postgresql hash; the password comes from where it is safe', async () => {
    const pieces = "postgresql['vip'] = '10.1.1.1'\npostgresql['sql_user'] = 'push er'\n";
    const url = async (source: string, env: Record<string, string> = {}) =>
      (await read(source, env)).config.databaseUrl;
    assert.equal(await url(pieces), 'postgres://push%20er@10.1.1.1:5432/opscode_pushy');
    assert.equal(
      await url(pieces, { PUSHY_POSTGRESQL_SQL_PASSWORD: 'a:b/c' }),
      'postgres://push%20er:a%3Ab%2Fc@10.1.1.1:5432/opscode_pushy',
    );
    await writeFile(join(dir, 'password'), 'from file\nmore');
    const fromFile = `postgresql['sql_password_file'] = '${join(dir, 'password')}'\n`;
    const packed = JSON.stringify({ 'push-jobs-server': { sql_password: 'packed' } });
    assert.equal(
      await url(pieces + fromFile, { CHEF_SECRETS_DATA: packed }),
      'postgres://push%20er:from%20file@10.1.1.1:5432/opscode_pushy',
    );
    assert.equal(
      await url("postgresql['vip'] = 'db'", { CHEF_SECRETS_DATA: packed }),
      'postgres://opscode_pushy:packed@db:5432/opscode_pushy',
    );
    const whole = "opscode_pushy_server['database_url'] = 'postgres://u@h/d'\n";
    assert.equal(await url(whole + pieces), 'postgres://u@h/d');
    const { warnings } = await read(`${whole}${pieces}postgresql['db_superuser'] = 'x'\n`);
    assert.deepEqual(warnings, [
      `${file}:4: postgresql['db_superuser'] has no effect: ${WITHOUT_EFFECT['postgresql_db_superuser'] ?? ''}`,
      `${file}:2: postgresql['vip'] has no effect beside database_url`,
    ]);
    assert.equal(await url("postgresql['database_name'] = 'x'\n"), undefined);
  });

  it('ADDON A.4 takes the key of the superuser from the packed secrets of the Chef server', async () => {
    const source = "opscode_pushy_server['chef_server_url'] = 'http://localhost'\n";
    const packed = JSON.stringify({ 'chef-server': { superuser_key: PEM } });
    const { config } = await read(source, { CHEF_SECRETS_DATA: packed });
    assert.equal(config.chefSuperuserPem, PEM);
    assert.match(
      await refusal(source, { CHEF_SECRETS_DATA: '{broken' }),
      /chef_server_url needs chef_superuser_key/,
    );
  });

  it('warns of a setting that another one must come with', async () => {
    const { warnings } = await read(
      "opscode_pushy_server['log_rotation'] = { 'num_to_keep' => 20 }\nbootstrap['enable'] = false\n",
    );
    assert.deepEqual(warnings, [
      `${file}:2: bootstrap['enable'] has no effect: whoever starts the server decides`,
      `${file}:1: log_rotation['num_to_keep'] has no effect without log_directory`,
    ]);
  });

  it('warns of a bare name that nobody knows', async () => {
    const { warnings } = await read("heartbeat_intervall 2000\nha false\ntopology 'tier'\n");
    assert.deepEqual(warnings, [
      `${file}:1: the setting heartbeat_intervall is not known: is heartbeat_interval meant?`,
      `${file}:2: ha has no effect: ${WITHOUT_EFFECT['ha'] ?? ''}`,
      `${file}:3: the setting topology is not known`,
    ]);
  });

  it('Decision 10: an adopted installation keeps the heartbeats that it ran with, unless its file says more', async () => {
    const running = join(dir, 'opscode-push-jobs-server-running.json');
    await writeFile(
      running,
      JSON.stringify({ pushy: { 'opscode-pushy-server': { heartbeat_interval: '10000' } } }),
    );
    assert.equal((await read('')).config.heartbeatInterval, 10_000);
    const own = "opscode_pushy_server['heartbeat_interval'] = 2000\n";
    assert.equal((await read(own)).config.heartbeatInterval, 2000);
    const { effective } = await inspectConfig({ file, env: {} });
    assert.equal(effective.find((s) => s.name === 'heartbeat_interval')?.origin, `${file}:1`);
    await writeFile(running, 'no json');
    const { config, warnings } = await read('');
    assert.equal(config.heartbeatInterval, 1000);
    assert.match(warnings.join(), /running\.json cannot be read: .*is not adopted/);
  });

  it('refuses a certificate without its key, and a pair that is none', async () => {
    const at = (name: string, path: string): string =>
      `opscode_pushy_server['${name}'] = '${join(dir, path)}'\n`;
    assert.match(
      await refusal(at('tls_certificate', 'tls.crt')),
      /:1: tls_certificate needs tls_key/,
    );
    assert.match(await refusal(at('tls_key', 'tls.key')), /:1: tls_key needs tls_certificate/);
    await writeFile(join(dir, 'other.key'), newCertificate('x').key);
    assert.match(
      await refusal(at('tls_key', 'other.key') + at('tls_certificate', 'tls.crt')),
      /:2: tls_certificate and tls_key cannot be used: .*mismatch/,
    );
    assert.match(
      await refusal(at('tls_key', 'none') + at('tls_certificate', 'tls.crt')),
      /:1: tls_key: .*none cannot be read: there is no such file/,
    );
    await writeFile(join(dir, 'broken'), '-----BEGIN CERTIFICATE-----\nx\n');
    assert.match(
      await refusal(at('tls_key', 'tls.key') + at('tls_certificate', 'broken')),
      /:2: tls_certificate and tls_key cannot be used: /,
    );
  });

  it('shows every setting with its value and origin, and no secret', async () => {
    await writeFile(
      file,
      "opscode_pushy_server['database_url'] = 'postgres://u:hush@h/d?password=hush&x=1'\n" +
        "opscode_pushy_server['vip'] = 'push.example.com'\n" +
        "opscode_pushy_server['server_name_advertised'] = nil\n",
    );
    const { effective, config } = await inspectConfig({
      file,
      env: { PUSHY_API_PORT: '1', PUSHY_POSTGRESQL_SQL_PASSWORD: 'hush' },
    });
    assert.equal(config?.serverName, 'push.example.com');
    assert.deepEqual(
      effective.map((s) => s.name),
      Object.keys(SETTINGS).map(nameOf),
    );
    const of = (name: string) => {
      const { value, origin } = effective.find((s) => s.name === name) ?? {};
      return [value, origin];
    };
    assert.deepEqual(of('api_port'), [1, 'PUSHY_API_PORT']);
    assert.deepEqual(of('command_port'), [10_002, 'default']);
    assert.deepEqual(of('server_name'), ['push.example.com', `${file}:2`]);
    assert.deepEqual(of('chef_server_url'), [null, 'default']);
    assert.deepEqual(of('database_url'), [
      'postgres://u:[secret]@h/d?password=[secret]&x=1',
      `${file}:1`,
    ]);
    assert.deepEqual(of('postgresql_sql_password'), ['[secret]', 'PUSHY_POSTGRESQL_SQL_PASSWORD']);
    assert.ok(!JSON.stringify(effective).includes('hush'));
  });

  it('refuses two listeners on one port, where the addresses meet', async () => {
    const { problems } = await inspectConfig({
      env: {
        PUSHY_COMMAND_PORT: '5000',
        PUSHY_SERVER_HEARTBEAT_PORT: '5000',
        PUSHY_API_PORT: '5001',
        PUSHY_METRICS_PORT: '5001',
        PUSHY_METRICS_LISTEN: '::1',
      },
    });
    assert.deepEqual(problems, [
      'PUSHY_SERVER_HEARTBEAT_PORT: server_heartbeat_port and command_port are both 5000: give each a port of its own',
    ]);
    const wild = { PUSHY_ZEROMQ_LISTEN_ADDRESS: 'tcp://127.0.0.1', PUSHY_LISTEN: '0.0.0.0' };
    const second = await inspectConfig({ env: { ...wild, PUSHY_COMMAND_PORT: '10003' } });
    assert.match(second.problems.join(), /command_port and api_port are both 10003/);
  });

  it('gives every name to one setting', () => {
    assert.equal(KEYS.size, Object.keys(SETTINGS).length + Object.keys(ALIASES).length);
  });
});
