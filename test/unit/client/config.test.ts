import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRubyConfig } from '@pushy/ruby-config';
import type { CommandLine } from '../../../client/src/command-line.ts';
import { loadSettings } from '../../../client/src/config.ts';
import {
  readConfigFile,
  type ReadAnswer,
  type ReadRequest,
} from '../../../client/src/process/read-config.ts';
import { makeTempDir } from '../../helpers/temp-dir.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

describe('settings (ADDON C.3, F.2)', () => {
  let dir: string;
  let remove: () => Promise<void>;
  let file: string;
  let key: string;
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
    file = join(dir, 'push-jobs-client.rb');
    key = join(dir, 'client.pem');
    writeFileSync(key, privateKey.export({ type: 'pkcs1', format: 'pem' }));
  });
  afterEach(() => remove());

  async function inProcess(request: ReadRequest): Promise<ReadAnswer> {
    try {
      const config = await readRubyConfig(readFileSync(request.file, 'utf8'), request);
      return { ok: true, config };
    } catch (error) {
      return { ok: false, message: (error as Error).message };
    }
  }

  function load(lines: string[], options: CommandLine = {}, readFile = inProcess) {
    writeFileSync(file, `${lines.join('\n')}\n`);
    return loadSettings({
      options: { config: file, ...options },
      env: { PATH: '/bin' },
      readFile,
      shortHostName: 'host',
      isRoot: true,
      fullHostName: () => Promise.resolve('host.example.com'),
    });
  }
  const url = "chef_server_url 'https://chef.example.com/organizations/acme'";
  const must = (): string[] => [url, `client_key '${key}'`];

  it('has its defaults', async () => {
    const settings = await load(must());
    assert.deepEqual(
      { ...settings, clientKey: undefined, environment: undefined },
      {
        serverUrl: 'https://chef.example.com/organizations/acme',
        nodeName: 'host.example.com',
        hostName: 'host',
        clientKey: undefined,
        trust: { rejectUnauthorized: true },
        whitelist: [{ name: 'chef-client', commandLine: 'chef-client' }],
        isDefaultWhitelist: true,
        lockFile: '/var/chef/cache/chef-client-running.pid',
        fileDir: '/tmp/chef-push',
        fileDirExpiryMs: 86_400_000,
        maxBodySize: 63_000,
        allowUnencrypted: false,
        environment: undefined,
        logLevel: 'info',
        showTime: true,
        stateDir: '/var/chef/push-jobs-client/acme_host.example.com',
        warnings: [],
      },
    );
  });

  it('reads the file that the cookbook renders, in a child process that ends', async () => {
    const lines = [
      "LC_ALL='en_US.UTF-8'",
      url,
      "node_name 'web01'",
      `client_key '${key}'`,
      `trusted_certs_dir '${dir}/none'`,
      'verify_api_cert true',
      'ssl_verify_mode :verify_peer',
      'allow_unencrypted false',
      'whitelist({"chef-client"=>"chef-client", "x"=>{"command_line"=>"y", "lock"=>true}})',
      'Mixlib::Log::Formatter.show_time = false',
    ];
    const settings = await load(lines, {}, readConfigFile);
    assert.equal(settings.nodeName, 'web01');
    assert.equal(settings.showTime, false);
    assert.equal(settings.isDefaultWhitelist, false);
    assert.deepEqual(settings.whitelist, [
      { name: 'chef-client', commandLine: 'chef-client' },
      { name: 'x', commandLine: 'y', lock: true },
    ]);
  });

  it('takes the command line before the file', async () => {
    const settings = await load(
      [...must(), "node_name 'file'", "file_dir '/file'", 'log_level :warn'],
      {
        nodeName: 'line',
        fileDir: '/line',
        logLevel: 'debug',
        maxBodySize: 1000,
        allowUnencrypted: true,
        logfile: '/log',
        server: 'http://x/organizations/y',
      },
    );
    assert.deepEqual(
      [settings.nodeName, settings.fileDir, settings.logLevel, settings.maxBodySize],
      ['line', '/line', 'debug', 1000],
    );
    assert.deepEqual(
      [settings.allowUnencrypted, settings.logFile, settings.serverUrl],
      [true, '/log', 'http://x/organizations/y'],
    );
  });

  it('takes every other setting from the file', async () => {
    const settings = await load([
      ...must(),
      "lockfile '/l'",
      'file_dir_expiry 60',
      "max_body_size '5000'",
      "allowed_overwritable_env_vars ['A', 'B']",
      'log_level :auto',
      "log_location '/var/log/x'",
    ]);
    assert.deepEqual(
      [
        settings.lockFile,
        settings.fileDirExpiryMs,
        settings.maxBodySize,
        settings.allowedEnv,
        settings.logFile,
      ],
      ['/l', 60_000, 5000, ['A', 'B'], '/var/log/x'],
    );
  });

  for (const [line, path] of [
    ["file_cache_path '/c'", '/c/chef-client-running.pid'],
    ["cache_path '/c'", '/c/cache/chef-client-running.pid'],
  ] as const) {
    it(`finds chef-client's lock file by ${line}`, async () => {
      assert.equal((await load([...must(), line])).lockFile, path);
    });
  }

  for (const location of ['STDOUT', ':syslog', "'STDERR'"]) {
    it(`logs to standard output for log_location ${location}`, async () => {
      assert.equal('logFile' in (await load([...must(), `log_location ${location}`])), false);
    });
  }

  it('takes the key from client_key_contents, unless the command line names a file', async () => {
    const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const lines = [url, "client_key '/not/there'", `client_key_contents '${pem}'`];
    assert.equal((await load(lines)).clientKey.asymmetricKeyType, 'rsa');
    await assert.rejects(load(lines, { clientKey: '/not/there' }), { code: 'bad_key' });
  });

  describe('verification of the server', () => {
    for (const [lines, verified] of [
      [[], true],
      [['ssl_verify_mode :verify_none'], false],
      [["ssl_verify_mode ':verify_none'"], false],
      [['ssl_verify_mode :verify_none', 'verify_api_cert true'], true],
      [['ssl_verify_mode :verify_peer', 'verify_api_cert false'], true],
    ] as const) {
      it(`is ${verified ? 'on' : 'off'} with ${lines.join(', ') || 'nothing said'}`, async () => {
        assert.equal((await load([...must(), ...lines])).trust.rejectUnauthorized, verified);
      });
    }
  });

  const refused: [string, () => string[], RegExp][] = [
    [
      'no chef_server_url',
      () => [`client_key '${key}'`],
      /push-jobs-client\.rb: chef_server_url is not set/,
    ],
    [
      'a chef_server_url without organization',
      () => ["chef_server_url 'https://chef'"],
      /push-jobs-client\.rb:1: chef_server_url 'https:\/\/chef': .*organizations\/ORG/,
    ],
    ['a chef_server_url that is none', () => ["chef_server_url 'chef'"], /must be the URL/],
    [
      'a key that is not there',
      () => [url, "client_key '/not/there'"],
      /client_key \/not\/there cannot be used: ENOENT/,
    ],
    ['a key that is none', () => [url, `client_key '${file}'`], /client_key .* cannot be used/],
    [
      'a text where a flag belongs',
      () => [...must(), "allow_unencrypted 'yes'"],
      /:3: allow_unencrypted must be true or false/,
    ],
    [
      'a text where a number belongs',
      () => [...must(), "max_body_size 'big'"],
      /:3: max_body_size must be a whole number/,
    ],
    [
      'a number where a text belongs',
      () => [...must(), 'node_name 1'],
      /:3: node_name must be a text/,
    ],
    [
      'an empty node name',
      () => [...must(), "node_name ''"],
      /push-jobs-client\.rb:3: node_name must not be empty/,
    ],
    [
      'a number among names',
      () => [...must(), 'allowed_overwritable_env_vars [1]'],
      /:3: .* must be an array of texts/,
    ],
    [
      'a level that is none',
      () => [...must(), 'log_level :loud'],
      /:3: log_level must be one of debug/,
    ],
    [
      'a mode that is none',
      () => [...must(), 'ssl_verify_mode :verify_some'],
      /:3: ssl_verify_mode must be :verify_peer or :verify_none/,
    ],
    [
      'a whitelist that is none',
      () => [...must(), "whitelist 'x'"],
      /:3: whitelist: it must be a hash/,
    ],
    [
      'a whitelist that needs Ruby',
      () => [...must(), 'whitelist(compute)'],
      /push-jobs-client\.rb:3/,
    ],
    [
      'a CA file that is not there',
      () => [...must(), "ssl_ca_file '/not/there'"],
      /ssl_ca_file: ENOENT/,
    ],
    [
      'a CA file without a certificate',
      () => [...must(), `ssl_ca_file '${key}'`],
      /holds no certificate/,
    ],
    [
      'a CA directory that is not there',
      () => [...must(), "ssl_ca_path '/not/there'"],
      /ssl_ca_path: ENOENT/,
    ],
    [
      'a client certificate without its key',
      () => [...must(), `ssl_client_cert '${key}'`],
      /must be set together/,
    ],
  ];
  it('refuses an empty node name on the command line', async () => {
    await assert.rejects(load(must(), { nodeName: '' }), {
      code: 'bad_config',
      message: '--node-name must not be empty',
    });
  });
  for (const [what, lines, message] of refused) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(load(lines()), { name: 'AgentError', message });
    });
  }

  it('refuses a file that the command line names and that is not there', async () => {
    await assert.rejects(load(must(), { config: '/not/there.rb' }), {
      code: 'no_config',
      message: /\/not\/there\.rb/,
    });
  });

  it('refuses a broken certificate in trusted_certs_dir, by its name', async () => {
    mkdirSync(join(dir, 'trusted_certs'));
    writeFileSync(
      join(dir, 'trusted_certs', 'a.crt'),
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    );
    await assert.rejects(load(must()), {
      code: 'bad_trust',
      message: /trusted_certs\/a\.crt holds a broken certificate/,
    });
  });
});

describe('readConfigFile', () => {
  it('says what is wrong and where', async () => {
    const [dir, remove] = await makeTempDir();
    const file = join(dir, 'a.rb');
    writeFileSync(file, "node_name 'a'\nnode_name (\n");
    const answer = await readConfigFile({ file, env: {}, relevant: new Set(['node_name']) });
    await remove();
    assert.ok(!answer.ok);
    assert.match(answer.message, /a\.rb:\d/);
  });
});
