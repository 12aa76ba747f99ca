import assert from 'node:assert/strict';
import { parseCommandLine } from '../../../../client/src/config/command-line.ts';

function options(...args: string[]) {
  const parsed = parseCommandLine(args, '1.2.3');
  assert.ok(parsed.kind === 'serve', JSON.stringify(parsed));
  return parsed.options;
}
function exit(...args: string[]) {
  const parsed = parseCommandLine(args, '1.2.3');
  assert.ok(parsed.kind === 'exit');
  return parsed;
}

describe('command line (ADDON C.3)', () => {
  it('takes the line that every init style of the cookbook uses', () => {
    assert.deepEqual(
      options('-l', 'info', '-L', '/var/log/chef/x.log', '-c', '/etc/chef/push-jobs-client.rb'),
      {
        logLevel: 'info',
        logfile: '/var/log/chef/x.log',
        config: '/etc/chef/push-jobs-client.rb',
      },
    );
  });
  it('takes every short option', () => {
    assert.deepEqual(
      options('-N', 'web', '-k', '/k', '-S', 'https://c', '-M', '5000', '-d', '/d'),
      {
        nodeName: 'web',
        clientKey: '/k',
        server: 'https://c',
        maxBodySize: 5000,
        fileDir: '/d',
      },
    );
  });
  for (const [a, b] of [
    ['--log_level=debug', '--log-level=debug'],
    ['--client_key=/a_b', '--client-key=/a_b'],
    ['--file_dir=/a_b', '--file-dir=/a_b'],
    ['--node_name=a_b', '--node-name=a_b'],
    ['--allow_unencrypted', '--allow-unencrypted'],
    ['--max_body_size=7', '--max-body-size=7'],
    ['--ruby_config=chef', '--ruby-config=chef'],
  ] as const) {
    it(`takes ${a} and ${b} alike`, () => {
      assert.deepEqual(options(a), options(b));
      assert.equal(Object.keys(options(a)).length, 1);
    });
  }
  it('keeps the underscores of a value that stands apart', () => {
    assert.equal(options('--file_dir', '/a_b').fileDir, '/a_b');
  });
  it('takes "doctor" before or after the options', () => {
    const options = { config: '/c' };
    const text = { kind: 'doctor', options, format: 'text' };
    assert.deepEqual(parseCommandLine(['doctor', '-c', '/c'], '1'), text);
    const json = parseCommandLine(['-c', '/c', 'doctor', '--format', 'json'], '1');
    assert.deepEqual(json, { ...text, format: 'json' });
  });
  it('shows its version and its help, and ends well', () => {
    for (const flag of ['-v', '--version']) {
      assert.deepEqual(exit(flag), { kind: 'exit', code: 0, text: 'Push Client: 1.2.3\n' });
    }
    for (const flag of ['-h', '--help']) {
      assert.equal(exit(flag).code, 0);
      assert.match(exit(flag).text, /--allow-unencrypted/);
    }
  });
  for (const args of [
    ['-l', 'loud'],
    ['-M', 'much'],
    ['-M', '0'],
    ['--what'],
    ['word'],
    ['-c'],
    ['-c', ''],
    ['--file_dir='],
    ['--format', 'json'],
    ['doctor', '--format', 'xml'],
    ['doctor', 'x'],
  ]) {
    it(`refuses ${args.join(' ')}`, () => {
      assert.equal(exit(...args).code, 1);
      assert.match(exit(...args).text, /^error: /);
    });
  }
});
