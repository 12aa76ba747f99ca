import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError } from '../../../../knife-bridge/src/errors.ts';
import {
  loadKnifeConfig,
  type ConfigFlags,
} from '../../../../knife-bridge/src/knife-config/load.ts';

const url = 'https://chef.example.com/organizations/acme';
const pem = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
}).privateKey;

describe('loadKnifeConfig', () => {
  let home: string;
  let env: Record<string, string>;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'pushy-config-'));
    mkdirSync(join(home, 'work'));
    env = { HOME: home };
  });
  afterEach(() => {
    rmSync(home, { recursive: true });
  });
  const write = (path: string, ...lines: string[]): string => {
    const file = join(home, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${lines.join('\n')}\n`);
    return file;
  };
  const load = (flags: ConfigFlags = {}) =>
    loadKnifeConfig({ env, cwd: join(home, 'work'), login: 'me' }, flags);
  const refuses = (flags: ConfigFlags, code: string, words: RegExp) =>
    assert.rejects(load(flags), (error) => {
      assert.ok(error instanceof CliError, String(error));
      assert.equal(error.code, code);
      assert.match([error.message, ...error.advice].join('\n'), words);
      return true;
    });

  it('reads config.rb, and what is not said has the defaults of knife', async () => {
    write('.chef/config.rb', "node_name 'bob'", `chef_server_url '${url}'`);
    const file = write('.chef/bob.pem', pem);
    const config = await load();
    assert.equal(config.userName, 'bob');
    assert.equal(config.serverUrl, url);
    assert.equal(config.signingKey().source, file);
    assert.equal(config.signatureVersion, '1.1');
    assert.deepEqual(config.retries, { count: 5, delayMs: 5000 });
    assert.equal(config.timeoutMs, 300_000);
    assert.deepEqual(config.tls, {
      verify: true,
      trustedCertsDir: join(home, '.chef/trusted_certs'),
    });
    assert.deepEqual(config.proxy, {});
    assert.deepEqual(config.notes, [`Using configuration from ${join(home, '.chef/config.rb')}`]);
  });

  it('reads all that matters from config.rb', async () => {
    write(
      '.chef/config.rb',
      'current_dir = File.dirname(__FILE__)',
      'log_level :info',
      "node_name ENV['WHO'] || 'bob'",
      'client_key "#{current_dir}/keys/bob.pem"',
      `chef_server_url '${url}'`,
      'cookbook_path ["#{current_dir}/../cookbooks"]',
      'ssl_verify_mode :verify_none',
      "trusted_certs_dir '/certs'",
      "http_proxy 'http://proxy:1'",
      "https_proxy 'http://proxy:2'",
      "no_proxy 'localhost'",
      'http_retry_count 2',
      'http_retry_delay 0.5',
      'rest_timeout 7',
      "authentication_protocol_version '1.3'",
      'knife[:poll_interval] = 3',
      "knife[:editor] = 'vi'",
    );
    write('.chef/keys/bob.pem', pem);
    env['WHO'] = 'eve';
    const config = await load();
    assert.equal(config.userName, 'eve');
    assert.equal(config.signingKey().source, join(home, '.chef/keys/bob.pem'));
    assert.equal(config.signatureVersion, '1.3');
    assert.deepEqual(config.tls, { verify: false, trustedCertsDir: '/certs' });
    assert.deepEqual(config.proxy, {
      http: 'http://proxy:1',
      https: 'http://proxy:2',
      none: 'localhost',
    });
    assert.deepEqual(config.retries, { count: 2, delayMs: 500 });
    assert.equal(config.timeoutMs, 7000);
    assert.equal(config.knife.get('poll_interval'), 3);
  });

  it('reads config.d after config.rb, by name', async () => {
    write('.chef/config.rb', "node_name 'bob'", `chef_server_url 'http://first/'`);
    write('.chef/config.d/b.rb', `chef_server_url '${url}'`);
    write('.chef/config.d/a.rb', "chef_server_url 'http://second/'", "node_name 'eve'");
    write('.chef/config.d/notes.txt', 'not Ruby at all (');
    const config = await load();
    assert.deepEqual([config.userName, config.serverUrl], ['eve', url]);
  });

  describe('credentials', () => {
    const profiles = [
      '[default]',
      "client_name = 'bob'",
      "client_key = 'keys/bob.pem'",
      `chef_server_url = '${url}'`,
      '[default.knife]',
      'poll_interval = 4',
      '[other]',
      "node_name = 'eve'",
      `client_key = """\n${pem}"""`,
      "chef_server_url = 'http://other/'",
      "ssl_verify_mode = ':verify_none'",
    ];

    it('alone are enough, their key starting at ~/.chef', async () => {
      const file = write('.chef/credentials', ...profiles);
      write('.chef/keys/bob.pem', pem);
      const config = await load();
      assert.deepEqual([config.userName, config.serverUrl], ['bob', url]);
      assert.equal(config.signingKey().source, join(home, '.chef/keys/bob.pem'));
      assert.equal(config.knife.get('poll_interval'), 4);
      assert.equal(config.tls.trustedCertsDir, join(home, '.chef/trusted_certs'));
      assert.deepEqual(config.notes, [`Using profile default of ${file}`]);
    });

    it('hold a key in PEM as well as its path', async () => {
      write('.chef/credentials', ...profiles);
      const config = await load({ profile: 'other' });
      assert.equal(config.userName, 'eve');
      assert.equal(config.signingKey().source, 'in the configuration');
      assert.equal(config.tls.verify, false);
    });

    it('have the profile of --profile, CHEF_PROFILE, ~/.chef/context, in that order', async () => {
      const name = (profile: string): string[] => [`[${profile}]`, `client_name = '${profile}'`];
      write('.chef/credentials', ...['default', 'c', 'e', 'f'].flatMap(name));
      const flags = { serverUrl: url };
      assert.equal((await load(flags)).userName, 'default');
      write('.chef/context', 'c');
      assert.equal((await load(flags)).userName, 'c');
      env['CHEF_PROFILE'] = 'e';
      assert.equal((await load(flags)).userName, 'e');
      assert.equal((await load({ ...flags, profile: 'f' })).userName, 'f');
    });

    it('come before config.rb, which has the last word', async () => {
      write('.chef/credentials', ...profiles);
      write('.chef/config.rb', "node_name 'ruby'", 'knife[:poll_interval] = 5');
      const config = await load();
      assert.deepEqual([config.userName, config.serverUrl], ['ruby', url]);
      assert.equal(config.knife.get('poll_interval'), 5);
    });

    it('are an error when the profile is missing, unless it is the default', async () => {
      write('.chef/credentials', '[one]', "client_name = 'x'");
      await refuses(
        { profile: 'two' },
        'config',
        /Profile two doesn't exist.*\nProfiles there: one\./,
      );
      await refuses({}, 'settings', /No Chef server is configured/);
    });

    it('are an error when --profile names one and there is no file at all', async () => {
      write('.chef/config.rb', `chef_server_url '${url}'`, "node_name 'ruby'");
      await refuses({ profile: 'two' }, 'config', /Profile two doesn't exist: .*credentials\./);
      env['CHEF_PROFILE'] = 'two';
      assert.equal((await load()).userName, 'ruby');
    });

    it('are an error when they are no TOML, or name two users', async () => {
      write('.chef/credentials', 'nope = [');
      await refuses({}, 'config', /Unable to parse Credentials file: .*credentials\n/);
      write('.chef/credentials', '[default]', "client_name = 'a'", "node_name = 'b'");
      await refuses({}, 'config', /both node_name and client_name.*\n.*profile default/);
    });
  });

  it('lets flags have the last word, their key starting here', async () => {
    write(
      '.chef/config.rb',
      "node_name 'bob'",
      "chef_server_url 'http://x/'",
      'knife[:node_name] = "k"',
      `client_key_contents '${pem}'`,
    );
    const key = write('work/eve.pem', pem);
    const flags = { user: 'eve', key: 'eve.pem', serverUrl: `${url}/`, fips: true };
    const config = await load(flags);
    assert.deepEqual([config.userName, config.serverUrl], ['eve', `${url}/`]);
    assert.equal(config.signingKey().source, key);
    assert.equal(config.signatureVersion, '1.3');
    const plain = await load();
    assert.equal(plain.userName, 'k');
    assert.equal(plain.signingKey().source, 'in the configuration');
  });

  it('takes single settings by --config-option', async () => {
    write('.chef/config.rb', `chef_server_url '${url}'`);
    const config = await load({
      configOption: ['node_name=x=y', 'http_retry_count=3', 'fips=true'],
    });
    assert.deepEqual([config.userName, config.retries.count], ['x=y', 3]);
    assert.equal(config.signatureVersion, '1.3');
    await refuses({ configOption: ['node_name'] }, 'usage', /node_name is not OPTION=VALUE/);
  });

  it('takes the login name, and the key named after the user or user.pem, beside the file or at home', async () => {
    write('work/config.rb', `chef_server_url '${url}'`);
    const config = await load();
    assert.equal(config.userName, 'me');
    assert.throws(config.signingKey, /could not be loaded from \/etc\/chef\/client\.pem/);
    for (const path of ['.chef/user.pem', 'work/user.pem', '.chef/me.pem', 'work/me.pem']) {
      const file = write(path, pem);
      assert.equal((await load()).signingKey().source, file);
    }
  });

  it('knows ~ in paths, and proxies of the environment before those of the file', async () => {
    write(
      '.chef/config.rb',
      `chef_server_url '${url}'`,
      "client_key '~/bob.pem'",
      "https_proxy 'f'",
    );
    const file = write('bob.pem', pem);
    env['HTTPS_PROXY'] = 'http://env:1';
    const config = await load();
    assert.equal(config.signingKey().source, file);
    assert.deepEqual(config.proxy, { https: 'http://env:1' });
  });

  it('says where it looked when there is no configuration', async () => {
    await refuses({}, 'settings', new RegExp(`Looked for:\n(?:.*\n)*  ${home}/.chef/credentials`));
    env = {};
    await refuses({}, 'settings', /Looked for:/);
  });

  for (const [title, line, code, words] of [
    [
      'an address that is none',
      "chef_server_url 'chef.example.com'",
      'settings',
      /'chef.example.com' is not/,
    ],
    [
      'an unknown signature version',
      "authentication_protocol_version '9'",
      'settings',
      /'9' is unknown/,
    ],
    [
      'bad syntax',
      'node_name = = 2',
      'config',
      /You have an error in your config file .*config\.rb:\d+:/s,
    ],
    [
      'Ruby that cannot be read without running it',
      'node_name Foo.bar(1)',
      'config',
      /config\.rb:2: /,
    ],
    [
      'a number that is none',
      "rest_timeout 'soon'",
      'settings',
      /rest_timeout is not a number: "soon"/,
    ],
  ] as const) {
    it(`refuses ${title} with the place and what to do`, async () => {
      write('.chef/config.rb', `chef_server_url '${url}'`, line);
      await refuses({}, code, words);
    });
  }

  it('refuses a configuration that it cannot read', async () => {
    mkdirSync(join(home, '.chef/config.rb'), { recursive: true });
    await refuses({}, 'config', /config\.rb cannot be read: EISDIR/);
  });

  it('refuses keys that cannot sign', async () => {
    write('.chef/config.rb', `chef_server_url '${url}'`);
    const key = async (text: string) => {
      write('work/key.pem', text);
      return (await load({ key: 'key.pem' })).signingKey;
    };
    assert.throws(await key('junk'), /key\.pem holds no private key in PEM/);
    const encrypted = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
    }).privateKey;
    assert.throws(await key(encrypted), /is encrypted with a passphrase/);
    const { privateKey } = generateKeyPairSync('ed25519');
    const other = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    assert.throws(await key(other), /is not an RSA key/);
  });
});
