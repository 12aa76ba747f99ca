import assert from 'node:assert/strict';
import { toPlain } from '@pushy/ruby-config';
import { readText } from '../../helpers/ruby-config.ts';
import { refusal, settings } from './read.ts';

/** Rows of ADDON F.1: the construct, and what it sets. */
const READ: readonly (readonly [string, Record<string, unknown>])[] = [
  [`node_name 'x'`, { node_name: 'x' }],
  [`node_name "x"`, { node_name: 'x' }],
  [`node_name('x')`, { node_name: 'x' }],
  [`self.node_name = 'x'`, { node_name: 'x' }],
  [`node_name 'a'\nnode_name 'b'`, { node_name: 'b' }],
  [`node_name`, {}],
  [`client_key      `, {}],
  [`node_name 'a'\nnode_name`, { node_name: 'a' }],
  [`whitelist({'a'=>'b'})`, { whitelist: { a: 'b' } }],
  [`whitelist 'a'=>'b', 'c'=>'d'`, { whitelist: { a: 'b', c: 'd' } }],
  [`whitelist({})\nwhitelist['a'] = 'b'`, { whitelist: { a: 'b' } }],
  [`lang='x'`, {}],
  [`log_location STDOUT`, { log_location: 'STDOUT' }],
  [`log_location $stderr`, { log_location: 'STDERR' }],
  [`a 1, 2`, { a: [1, 2] }],
  [`base 'http://x'\nx "#{base}/y"`, { base: 'http://x', x: 'http://x/y' }],
  [`node_name 'x' if ENV['NOPE']`, {}],
  [`node_name 'x' unless ENV['NOPE']`, { node_name: 'x' }],
  [`chef_zero.enabled true\nohai.disabled_plugins = [:A]\ndata_collector.token 'x'`, {}],
  [`test 'x'\nsystem 'x'\np 'x'\nformat 'x'\nrequire 'x'\nname 'x'`, {}],
];

/** Rows of ADDON F.1 and F.5 that leave a setting as it was without a word: refused. */
const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  [`node_name = 'x'`, 'assignment_trap', /Leave out the equals sign \(node_name …\)/],
  [`whitelist = {'a' => 'b'}`, 'assignment_trap', /variable of Ruby/],
  [`whitelist {}`, 'block_trap', /whitelist\(\{ … \}\)/],
  [`whitelist { 'a' => 'b' }`, 'block_trap', /whitelist\(\{ … \}\)/],
  [`whitelist { 'a' => 'b', 'c' => 'd' }`, 'syntax', /whitelist\(\{ … \}\)/],
  [`whitelist['a'] = 'b'`, 'not_static', /Set `whitelist` above/],
  [`node_name web01`, 'unquoted_word', /Write node_name 'web01'/],
  [`node_name web-01`, 'unquoted_word', /Write node_name 'web-01'/],
  ['node_name `hostname`', 'not_static', /backticks is never run.*ENV\['NAME'\]/],
  ['node_name `hostname -f`.chomp', 'not_static', /backticks/],
  ['node_name `host#{1}`', 'not_static', /backticks/],
];

describe('ruby-config, evaluation model (ADDON F.1)', () => {
  for (const [source, expected] of READ)
    it(`F.1 reads ${JSON.stringify(source)}`, async () => {
      assert.deepEqual(await settings(source), expected);
    });

  for (const [source, code, message] of REFUSED)
    it(`F.1 refuses ${JSON.stringify(source)} as ${code}`, async () => {
      const error = await refusal(source);
      assert.equal(error.code, code);
      assert.match(error.message, message);
    });

  it('F.1 keeps constants apart: they reach neither settings nor environment', async () => {
    const config = await readText(`LC_ALL='en_US.UTF-8'`);
    assert.deepEqual([...config.settings.keys(), ...config.environment.keys()], []);
    assert.equal(toPlain(config.constants.get('LC_ALL')?.value ?? null), 'en_US.UTF-8');
  });

  it('F.1 reports what the file does to ENV', async () => {
    const { environment } = await readText(
      `ENV['PATH'] = '/x'\nENV['X'] ||= 'y'\nENV['HOME'] = nil`,
    );
    assert.deepEqual(
      [...environment],
      [
        ['PATH', '/x'],
        ['X', 'y'],
        ['HOME', null],
      ],
    );
  });

  it('F.1 takes show_time from the log formatter', async () => {
    assert.equal((await readText(`Mixlib::Log::Formatter.show_time = false`)).showTime, false);
    assert.equal((await readText(`Mixlib::Log::Formatter.show_time = true`)).showTime, true);
    assert.equal((await readText(`Other::Formatter.show_time = true`)).showTime, undefined);
  });

  it('F.1 warns about a name that stands alone', async () => {
    const { warnings } = await readText(`\nclient_key   `);
    assert.deepEqual(warnings, [
      { line: 2, file: '/etc/chef/client.rb', message: '`client_key` alone sets nothing' },
    ]);
  });

  it('gives each setting its line and its file', async () => {
    const config = await readText(`\n\nnode_name 'x'\nlog_level :info`);
    assert.deepEqual(config.settings.get('node_name'), {
      value: 'x',
      line: 3,
      file: '/etc/chef/client.rb',
    });
    assert.deepEqual(config.settings.get('log_level')?.value, { kind: 'symbol', name: 'info' });
  });

  it('reads a knife file whose sub-context is not asked for', async () => {
    const config = await readText(`knife[:x] = 1\nnode_name 'x'`, { objects: [] });
    assert.deepEqual([...config.settings.keys()], ['node_name']);
    assert.equal(config.warnings.length, 1);
  });
});
