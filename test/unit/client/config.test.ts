import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRubyConfig } from '@pushy/ruby-config';
import type { CommandLine } from '../../../client/src/config/command-line.ts';
import { readDataConfig } from '../../../client/src/config/data.ts';
import { SETTINGS } from '../../../client/src/config/file.ts';
import { loadSettings } from '../../../client/src/config.ts';
import { POSIX_PATHS, WINDOWS_PATHS } from '../../../client/src/paths.ts';
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
    writeFileSync(key, privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
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

  function load(
    lines: string[],
    options: CommandLine = {},
    { readFile = inProcess, env = {}, paths = POSIX_PATHS } = {},
  ) {
    writeFileSync(file, `${lines.join('\n')}\n`);
    return loadSettings({
      options: { config: file, ...options },
      env: { PATH: '/bin', ...env },
      paths,
      readFile,
      shortHostName: 'host',
      fullHostName: () => Promise.resolve('host.example.com'),
    });
  }
  const url = "chef_server_url 'https://chef.example.com/organizations/acme'";
  const must = (): string[] => [url, `client_key '${key}'`];

  it('has its defaults', async () => {
    const settings = await load(must());
    assert.deepEqual(
      { ...settings, clientKey: undefined, environment: undefined, origin: undefined },
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
        signatureVersion: '1.1',
        umask: 0o022,
        logLevel: 'info',
        logTargets: [{ kind: 'stdout' }],
        showTime: true,
        stateDir: '/var/chef/push-jobs-client/acme_host.example.com',
        warnings: [],
        configFile: file,
        origin: undefined,
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
    const settings = await load(lines, {}, { readFile: readConfigFile });
    assert.equal(settings.nodeName, 'web01');
    assert.equal(settings.showTime, false);
    assert.equal(settings.isDefaultWhitelist, false);
    assert.deepEqual(settings.whitelist, [
      { name: 'chef-client', commandLine: 'chef-client' },
      { name: 'x', commandLine: 'y', lock: true },
    ]);
  });

  it('A10 has one default for file_dir, whatever starts it: that of the command line', async () => {
    const bare = await load(must());
    assert.equal(bare.fileDir, '/tmp/chef-push');
    assert.equal((await load(must(), {}, { paths: WINDOWS_PATHS })).fileDir, bare.fileDir);
  });

  it('A13 takes file_dir, the list of variables and max_body_size on Windows as everywhere', async () => {
    const lines = [
      ...must(),
      "file_dir '/files'",
      "allowed_overwritable_env_vars ['A']",
      'max_body_size 1000',
    ];
    for (const paths of [POSIX_PATHS, WINDOWS_PATHS]) {
      const { fileDir, allowedEnv, maxBodySize } = await load(lines, {}, { paths });
      assert.deepEqual([fileDir, allowedEnv, maxBodySize], ['/files', ['A'], 1000]);
    }
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
      [settings.allowUnencrypted, settings.logTargets, settings.serverUrl],
      [true, [{ kind: 'file', path: '/log', from: '--logfile' }], 'http://x/organizations/y'],
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
        settings.logTargets,
      ],
      [
        '/l',
        60_000,
        5000,
        ['A', 'B'],
        [{ kind: 'file', path: '/var/log/x', from: `${file}:8: log_location` }],
      ],
    );
  });

  for (const [lines, path] of [
    [["file_cache_path '/c'"], '/c/chef-client-running.pid'],
    [["cache_path '/c'"], '/c/cache/chef-client-running.pid'],
    [["cache_path '/c'", "file_cache_path '/d'"], '/d/chef-client-running.pid'],
    [["cache_path '/c'", "lockfile '/l'"], '/l'],
  ] as const) {
    it(`finds chef-client's lock file by ${lines.join(', ')}`, async () => {
      assert.equal((await load([...must(), ...lines])).lockFile, path);
    });
  }

  for (const [end, text] of Object.entries({
    rb: "node_name 'a'\nchef_sever_url 'https://x/organizations/y'\n",
    json: '{ "node_name": "a",\n"chef_sever_url": "https://x/organizations/y" }',
    toml: 'node_name = "a"\nchef_sever_url = "https://x/organizations/y"\n',
    yml: 'node_name: a\nchef_sever_url: https://x/organizations/y\n',
  }))
    it(`says in .${end} what a misspelt setting means where the configuration fails for it`, async () => {
      const config = join(dir, `c.${end}`);
      writeFileSync(config, text);
      const readFile = async (request: ReadRequest): Promise<ReadAnswer> =>
        end === 'rb'
          ? inProcess(request)
          : { ok: true, config: await readDataConfig(text, request.file, SETTINGS) };
      await assert.rejects(load([], { config }, { readFile }), (error: Error) => {
        assert.ok(error.message.startsWith(`${config}: chef_server_url is not set: `));
        const hint = `; ${config}:2: the setting chef_sever_url has no effect: is chef_server_url meant?`;
        assert.ok(error.message.endsWith(hint), error.message);
        return true;
      });
    });

  it("refuses a relative lock file, which would be another one for every run, and takes Chef's cache from where it is", async () => {
    const at = `${file}:3: lockfile 'run.lock': it must be an absolute path`;
    await assert.rejects(load([...must(), "lockfile 'run.lock'"]), { message: at });
    const { lockFile } = await load([...must(), "file_cache_path 'c'"]);
    assert.equal(lockFile, join(process.cwd(), 'c', 'chef-client-running.pid'));
  });

  it('Decision 4 keeps what outlives it below the cache of Chef, apart from other nodes, or where it is told', async () => {
    const lines = [...must(), "node_name 'web:1'"];
    const more = [[], ["cache_path '/c'"], ["state_dir '/s'"]];
    const dirs: string[] = [];
    for (const line of more) dirs.push((await load([...lines, ...line])).stateDir);
    assert.deepEqual(dirs, [
      '/var/chef/push-jobs-client/acme_web%3A1',
      '/c/push-jobs-client/acme_web%3A1',
      '/s',
    ]);
  });

  it("finds chef-client's lock file at home where /var is the superuser's", async () => {
    const paths = { ...POSIX_PATHS, cachePath: '/no/such/chef', cacheRoot: '/no/such' };
    const load1 = (env: Record<string, string>) => load(must(), {}, { paths, env });
    assert.equal(
      (await load1({ HOME: '/home/me' })).lockFile,
      '/home/me/.chef/cache/chef-client-running.pid',
    );
    assert.equal((await load1({})).lockFile, '/no/such/chef/cache/chef-client-running.pid');
  });

  describe('where nothing is named', () => {
    const start = (options: CommandLine = {}) =>
      loadSettings({
        options,
        env: {},
        paths: { ...POSIX_PATHS, configDir: dir },
        readFile: inProcess,
        shortHostName: 'host',
        fullHostName: () => Promise.resolve('host.example.com'),
      });
    const write = (name: string, ...more: string[]): void => {
      writeFileSync(join(dir, name), [url, ...more].join('\n'));
    };

    it("starts with chef-client's own client.rb and key alone, and the default whitelist", async () => {
      write('client.rb', 'log_level :auto', 'log_location STDOUT', "ohai.plugin_path << '/x'");
      const settings = await start();
      assert.equal(settings.nodeName, 'host.example.com');
      assert.equal(settings.isDefaultWhitelist, true);
    });
    it('takes chef-push-client.rb before push-jobs-client.rb before client.rb', async () => {
      write('client.rb', "node_name 'c'");
      write('push-jobs-client.rb', "node_name 'b'");
      assert.equal((await start()).nodeName, 'b');
      write('chef-push-client.rb', "node_name 'a'");
      assert.equal((await start()).nodeName, 'a');
    });
    it('starts without a file where the command line says enough', async () => {
      const server = 'https://chef.example.com/organizations/acme';
      assert.equal((await start({ server })).serverUrl, server);
      await assert.rejects(
        start(),
        /no configuration file \(looked for .*chef-push-client\.rb, .*push-jobs-client\.rb, .*client\.rb\)/,
      );
    });
  });

  describe('proxies', () => {
    const proxied = async (lines: string[], env: Record<string, string> = {}) =>
      (await load([...must(), ...lines], {}, { env })).proxy;

    it('come from https_proxy for an https server, with user and password', async () => {
      assert.equal(await proxied(["http_proxy 'http://other:1'"]), undefined);
      const lines = [
        "https_proxy 'proxy:3128'",
        "https_proxy_user 'me'",
        "https_proxy_pass 'p:@ ß'",
      ];
      assert.deepEqual(await proxied(lines), {
        host: 'proxy',
        port: 3128,
        authorization: `Basic ${Buffer.from('me:p:@ ß').toString('base64')}`,
      });
    });
    it('of the environment win, in small letters first', async () => {
      const env = { HTTPS_PROXY: 'http://b:2' };
      assert.equal((await proxied([], env))?.host, 'b');
      assert.equal((await proxied([], { ...env, https_proxy: 'http://a:1' }))?.host, 'a');
      const lines = ["https_proxy 'http://c:3'"];
      assert.equal((await proxied(lines, { https_proxy: 'http://a:1' }))?.host, 'a');
      assert.equal(await proxied(lines, { https_proxy: '' }), undefined);
      assert.equal((await proxied(["ENV['https_proxy'] = 'http://d:4'", ...lines]))?.host, 'd');
    });
    it('reach every job as variables in both spellings', async () => {
      const lines = ["http_proxy 'proxy'", "http_proxy_user 'me'", "no_proxy 'near'"];
      const { environment } = await load([...must(), ...lines], {}, { env: { NO_PROXY: 'own' } });
      const { http_proxy, HTTP_PROXY, no_proxy, NO_PROXY } = environment;
      assert.deepEqual(
        { http_proxy, HTTP_PROXY, no_proxy, NO_PROXY },
        {
          http_proxy: 'http://me@proxy',
          HTTP_PROXY: 'http://me@proxy',
          no_proxy: 'near',
          NO_PROXY: 'own',
        },
      );
    });
    for (const [line, excepted] of [
      ["no_proxy 'other, chef.example.com'", true],
      ["no_proxy 'example.com'", true],
      ["no_proxy '.EXAMPLE.com'", true],
      ["no_proxy '*.example.com'", true],
      ["no_proxy 'chef.*.com'", true],
      ["no_proxy '*'", true],
      ["no_proxy 'chef.example.com:443'", true],
      ["no_proxy 'chef.example.com:8443'", false],
      ["no_proxy 'chef'", false],
      ["no_proxy 'ple.org, ,'", false],
    ] as const) {
      it(`are ${excepted ? 'left out' : 'used'} with ${line}`, async () => {
        assert.equal((await proxied(["https_proxy 'http://a:1'", line])) === undefined, excepted);
      });
    }
    it('that are no proxies are refused with their place', async () => {
      const place = /:3: https_proxy: .*it must be the URL of a proxy/;
      await assert.rejects(proxied(["https_proxy 'socks://a:1'"]), place);
      await assert.rejects(proxied(["https_proxy 'http://a:x'"]), place);
      await assert.rejects(proxied(["https_proxy 'http://me:100%@a:1'"]), place);
      await assert.rejects(
        proxied([], { https_proxy: 'ftp://a' }),
        /environment variable https_proxy/,
      );
    });
  });

  it('signs as authentication_protocol_version says, with SHA-256 for fips', async () => {
    const version = async (line: string) => (await load([...must(), line])).signatureVersion;
    assert.equal(await version("authentication_protocol_version '1.3'"), '1.3');
    assert.equal(await version("authentication_protocol_version '1.0'"), '1.0');
    assert.equal(await version('fips true'), '1.3');
    assert.match((await load([...must(), 'fips true'])).warnings.join(), /:3: fips: .*SHA-256/);
    assert.equal(await version('fips false'), '1.1');
    await assert.rejects(
      version("authentication_protocol_version '2'"),
      /must be '1.0', '1.1' or '1.3'/,
    );
  });

  it('takes umask as a number or as octal digits', async () => {
    const mask = async (line: string) => (await load([...must(), line])).umask;
    assert.equal(await mask('umask 0077'), 0o077);
    assert.equal(await mask("umask '0027'"), 0o027);
    await assert.rejects(mask('umask 01000'), /:3: umask must be a file mode/);
    await assert.rejects(mask("umask 'rw'"), /:3: umask must be a file mode/);
  });

  it('gives jobs the variables that the file sets, and takes away what it removes', async () => {
    const lines = ["ENV['LANG'] = 'C.UTF-8'", "ENV.delete('OLD')"];
    const { environment } = await load([...must(), ...lines], {}, { env: { OLD: '1' } });
    assert.deepEqual(environment, { PATH: '/bin', LANG: 'C.UTF-8' });
  });

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

  it('warns of a private key that every user of the host may read', async () => {
    assert.deepEqual((await load(must())).warnings, []);
    chmodSync(key, 0o640);
    assert.deepEqual((await load(must())).warnings, []);
    chmodSync(key, 0o644);
    const said = `client_key ${key}: every user of this host may read or write the private key (mode 0644): chmod 600 ${key}`;
    assert.deepEqual((await load(must())).warnings, [`${file}:2: ${said}`]);
    assert.deepEqual((await load(must(), {}, { paths: WINDOWS_PATHS })).warnings, []);
  });
  it('names the option, not the file, where the command line has the wrong address', async () => {
    await assert.rejects(load(must(), { server: 'http://x' }), {
      message: /^--server 'http:\/\/x': it must be the URL/,
    });
  });

  it('warns of a setting that is nearly one that it knows', async () => {
    const lines = [...must(), "whitelst({'a' => 'b'})", 'cookbook_path []', 'chef_zero true'];
    assert.deepEqual((await load(lines)).warnings, [
      `${file}:3: the setting whitelst has no effect: is whitelist meant?`,
    ]);
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
    ['an empty path', () => [...must(), "file_dir ''"], /:3: file_dir must be a path, not empty/],
    ['no bytes for output', () => [...must(), 'max_body_size 0'], /:3: max_body_size must be/],
    ['a chef_server_url that is none', () => ["chef_server_url 'chef'"], /must be the URL/],
    [
      'a key that is not there',
      () => [url, "client_key '/not/there'"],
      /:2: client_key \/not\/there cannot be used: ENOENT/,
    ],
    [
      'a key that is none',
      () => [url, `client_key '${file}'`],
      /client_key .* cannot be used: it holds no private key in PEM/,
    ],
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
      'a log_location that is none',
      () => [...must(), 'log_location 1'],
      /:3: log_location must be the path of a file/,
    ],
    [
      'a pattern that cannot be translated, with its own line',
      () => [...must(), 'whitelist({', "  'a' => 'b',", "  /\\p{Foo}/ => 'c',", '})'],
      /push-jobs-client\.rb:5: whitelist: entry \/\\p\{Foo\}\/: the pattern cannot be used/,
    ],
    [
      'a whitelist_match that is none',
      () => [...must(), "whitelist_match 'some'"],
      /:3: whitelist_match: it must be 'full' or 'search'/,
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
      /^.*push-jobs-client\.rb:3: ssl_ca_file: ENOENT/,
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
