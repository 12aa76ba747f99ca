import assert from 'node:assert/strict';
import { readText } from '../../helpers/ruby-config.ts';
import { refusal, settings } from './read.ts';

/** Statements that cannot be evaluated and touch nothing relevant: one warning each. */
const SKIPPED: readonly string[] = [
  `require 'socket'`,
  `require 'chef/handler/slack'`,
  `Kernel.require 'x'`,
  `%w[x y].each do |lib|
  begin
    require lib
  rescue LoadError
  end
end`,
  `autoload :Slack, 'slack'`,
  `start_handlers << Some::Handler.new`,
  `begin\n  require 'x'\nrescue LoadError => e\n  Chef::Log.warn e\nend`,
  `%w[a b].each { |g| require g }`,
  `def helper(a)\n  a\nend`,
  `class Helper; def x; 1; end; end`,
  `ohai.disabled_plugins = [:A]`,
  `Ohai::Config[:log_level] = :debug`,
  `Encoding.default_external = Encoding::UTF_8`,
  `puts node_name`,
  `color Some::Terminal.new(chef_server_url).color?`,
  `while Some::Thing.busy? do Some::Thing.wait end`,
  `raise 'x' unless defined?(Chef::Config)`,
  `puts "#{Some::Thing.a}"`,
  `color (1; 2)`,
  `color "#{1; 2}"`,
  `color "#{[1]}"`,
  `color "#{2.0}"`,
  `color [*1]`,
  `color({ **1 })`,
  `color 1 + 2.0`,
  `color 1 / 2`,
  `color 9007199254740991 + 1`,
  `color '99999999999999999999'.to_i`,
  `color 3r`,
  `color 'a'[0]`,
  `color 'a'.gsub(/a/, 'b')`,
  `color 'a'.gsub('a', '\\\\0')`,
  `color 'a'.split('')`,
  `color "a\\n".chomp("\\n")`,
  `color [1, [2]].join`,
  `color [1].first(2, 3)`,
  `color [1].map`,
  `color [1].join(1)`,
  `color ({}).fetch('a')`,
  `color ({}).merge({}, {})`,
  `color nil.foo`,
  `color :a.foo`,
  `color true.foo`,
  `color File.read('/x')`,
  `color File.basename`,
  `color File.dirname('a', 'b')`,
  `color File.extname`,
  `color File.expand_path`,
  `color File.join('a', nil)`,
  `color File.expand_path('~other/x')`,
  `color File.expand_path('//x')`,
  `color ENV.to_h`,
  `color ENV.fetch('A', 'b', 'c')`,
  `color ENV.fetch('NOPE', &block)`,
  `color ENV['A', 'B']`,
  `color ENV.key?('A', 'B')`,
  `color ENV[1]`,
  `color ENV['']`,
  `color SOME_CONSTANT`,
  `color @instance`,
  `color knife`,
  `color knife[1]`,
  `color 1e20.to_s`,
  `color 0.00001.to_s`,
  `color /#{/a/}/`,
  `color &block`,
  `case\nwhen Some.x then 1\nend`,
  `case 1\nin Integer then 1\nend`,
  `case 'a'\nwhen /a/ then 1\nend`,
  `other.name ||= 1`,
  `plain ||= Some.x`,
  `self.color ||= 1`,
  `color 'x' do |a| end`,
  `@a = 1`,
  `alias puts_again puts`,
  `STDOUT.sync = true`,
  `ENV['FOO'] = 1`,
  `ENV['FOO'] = Some.x`,
  `@a[:colour] = 1`,
  `Some.config[:log_level] = Some.x`,
  `[1][0] = 2`,
  `Some[1] = 2`,
  `Some.color 1`,
  `a, b = 1, 2`,
  `a, self.color, x[1] = Some.x`,
  `for x in [1] do puts x end`,
];

/** Statements that could change a relevant setting in a way that the text does not show. */
const TOUCHING: readonly (readonly [string, RegExp])[] = [
  [`if Some.x then node_name 'x' end`, /`node_name`/],
  [`unless Some.x\n  self.node_name = 'x'\nend`, /`node_name`/],
  [`Some.each { |x| client_key x }`, /`client_key`/],
  [`Some.each { |x| Chef::Config.client_key = x }`, /`client_key`/],
  [`Some.each { |x| Chef::Config[:client_key] = x }`, /`client_key`/],
  [`Some.each { |x| self.client_key ||= x }`, /`client_key`/],
  [`Some.each { |x| Chef::Config[:client_key] ||= x }`, /`client_key`/],
  [`Some.each { |x| Chef::Config[x] = 1 }`, /any setting/],
  [`Some.each { |x| send(x, 1) }`, /any setting/],
  [`Some.tap { |c| c.node_name 'x' }`, /`node_name`/],
  [`Some.tap { |c| c.node_name = 'x' }`, /`node_name`/],
  [`Some.tap { |c| c[:node_name] = 'x' }`, /`node_name`/],
  [`Some.tap { |c| c.merge!(x) }`, /any setting/],
  [`config = Some.config\nconfig.node_name 'x'`, /`node_name`/],
  [`eval(Some.text)`, /any setting/],
  [`binding.eval(Some.text)`, /any setting/],
  [`TOPLEVEL_BINDING.eval("x")`, /any setting/],
  [`Kernel.send(:eval, Some.text)`, /any setting/],
  [`Object.send('require', Some.path)`, /any setting/],
  [`%w[/a /b].each { |file| require file }`, /any setting/],
  [`Dir[Some.path].each { |file| require file }`, /any setting/],
  [`for file in ['/a'] do require file end`, /any setting/],
  [`Some.instance_eval(Some.text)`, /any setting/],
  [`load '/etc/chef/other.rb'`, /any setting.*other\.rb/],
  [`Kernel.load Some.path`, /any setting/],
  [`require '/etc/chef/other'`, /any setting.*other\.rb/],
  [`require './other'`, /any setting/],
  [`require File.join(Some.dir, 'other')`, /any setting/],
  [`require "#{Some.dir}/other"`, /any setting/],
  [`require_relative 'other'`, /any setting.*other\.rb/],
  [`require '/etc/chef/other.so'`, /any setting/],
  [`require '/etc/chef/other' rescue nil`, /any setting/],
  [`Some.each { |f| load f }`, /any setting/],
  [`autoload :Other, '/etc/chef/other'`, /any setting/],
  [`Chef::Config.merge!(Some.hash)`, /any setting/],
  [`default :node_name, 'x'`, /any setting/],
  [`def node_name; 'x'; end`, /`node_name`/],
  [`alias node_name hostname`, /`node_name`/],
  [`alias :"#{x}" hostname`, /any setting/],
  [`note(node_name('x'))`, /`node_name`/],
  [`a, self.node_name = Some.x`, /`node_name`/],
  [`a, Chef::Config[:node_name] = Some.x`, /`node_name`/],
  [`ENV['HTTPS_PROXY'] = Some.x`, /`https_proxy`/],
  [`ENV['HTTP_PROXY'] ||= Some.x`, /`http_proxy`/],
  [`ENV.update(Some.x)`, /any variable of ENV/],
  [`ENV.replace('A' => 'b')`, /any variable of ENV/],
  [`Some.each { |k| ENV[k] = 'http://p' }`, /any variable of ENV/],
  [`from_file '/etc/chef/more.json'`, /any setting.*more\.json/],
  [`@c = Chef::Config\n@c.node_name 'x'`, /`node_name`/],
  [`@@c = Chef::Config\n@@c.node_name = 'x'`, /`node_name`/],
  [`$c = Chef::Config\n$c[:node_name] = 'x'`, /`node_name`/],
  [`@c.merge!(node_name: 'x')`, /any setting/],
  [`Chef::Config.configuration[:node_name] = 'x'`, /`node_name`/],
  [`Some.each { configuration[:node_name] = 'x' }`, /`node_name`/],
  [`[Chef::Config].first.node_name 'x'`, /`node_name`/],
  [`Object.const_get('Chef::Config')[:node_name] = 'x'`, /`node_name`/],
  [`instance_variable_get(:@configuration)[:node_name] = 'x'`, /`node_name`/],
  [`ChefConfig::Config.tap { node_name 'x' }`, /`node_name`/],
  [`whitelist({})\nwhitelist.delete_if { |k| k }`, /`whitelist`/],
  [`whitelist({})\nwhitelist.delete(Some.x)`, /`whitelist`/],
  [`whitelist({})\nSome.each { |k| whitelist[k] = 1 }`, /`whitelist`/],
  [`whitelist({})\nwhitelist.default = 1`, /`whitelist`/],
  [`no_proxy 'a'\nno_proxy << ',b'`, /`no_proxy`/],
  [`t = {}\nwhitelist t\nt.clear`, /`whitelist`/],
  [`T = {}\nwhitelist T\nT.clear`, /`whitelist`/],
  [`inner = []\nwhitelist 'a' => inner\ninner.push(Some.x)`, /`whitelist`/],
  [`note ['x']\nwhitelist 'a' => note\nnote.push(Some.x)`, /`whitelist`/],
  [`list = []\nknife[:list] = 'x'\nknife[:list].concat(Some.x)`, /`knife`/],
  [`knife.merge!(Some.x)`, /`knife`/],
  [`Some.each { |x| knife[:x] = x }`, /`knife`/],
  [`knife[:x] += 1`, /`knife`/],
  [`whitelist 'a' => 'b'\nwhitelist.each { |k, v| v << 'x' }`, /`whitelist`/],
  [`whitelist 'a' => 'b'\nwhitelist.each_value { |v| v << 'x' }`, /`whitelist`/],
  [`whitelist 'a' => 'b'\nwhitelist.each_value { _1 << 'x' }`, /`whitelist`/],
  [`whitelist 'a' => 'b'\nwhitelist.each_value { it << 'x' }`, /`whitelist`/],
  [`whitelist 'a' => 'b'\nwhitelist.map { |pair| pair[1].concat('x') }`, /`whitelist`/],
  [`w = { 'a' => 'b' }\nwhitelist w\nw.values.each { |v| v.sub!('b', Some.x) }`, /`whitelist`/],
  [`whitelist 'a' => 'b'\nfor k, v in whitelist.to_a do v << 'x' end`, /`whitelist`/],
  [`whitelist 'a' => 'b'\nwhitelist.each_value(&:upcase!)`, /`whitelist`/],
  [`whitelist 'a' => 'b'\nwhitelist.each_value(&Some.block)`, /`whitelist`/],
  [`libs = Some.list\nlibs.each { |lib| require lib }`, /any setting/],
  [`libs = ['/opt/a']\nlibs.each { |lib| require lib }`, /any setting/],
  [`Some.list.each { require it }`, /any setting/],
  [`libs = Some.list\nlibs.each(&method(:require))`, /any setting/],
  [`lp = $LOAD_PATH\nlp << Some.dir`, /any setting/],
  [`lp = $:\nlp.insert(0, '/opt/lib')`, /any setting/],
  [`lp = $LOAD_PATH\nSome.fill(lp)`, /any setting/],
  [`@lp = $LOAD_PATH\n@lp << '/opt/lib'`, /any setting/],
  [`return if Some.x`, /any setting/],
  [`Some.each { |x| return if x }`, /any setting/],
];

/** What was left out counts as not read: using it for a relevant setting is refused. */
const NOT_READ: readonly (readonly [string, string])[] = [
  [`host = Some.name`, 'host'],
  [`host ||= Some.name`, 'host'],
  [`HOST = Some.name`, 'HOST'],
  [`HOST ||= Some.name`, 'HOST'],
  [`host_setting Some.name`, 'host_setting'],
  [`ENV['HOST'] = Some.name`, `ENV['HOST']`],
  [`a, b = Some.x`, 'b'],
  [`begin\n  x = Some.y\nrescue => e\nend`, 'x'],
  [`begin\n  Some.y\nrescue => e\nend`, 'e'],
  [`s = 'a'\ns << 'b'`, 's'],
  [`s = 'a'\nt = s\nt.concat('b')`, 's'],
  [`h = { 'a' => 'b' }\nSome.fill(h)`, 'h[:a]'],
  [`l = ['a']\nh = { l: l }\nl.push(Some.x)`, `h[:l].first`],
  [`def computed\n  'x'\nend`, 'computed'],
  [`host = Some.name\nfull = "#{host}.example.com"`, 'full'],
  [`for x in Some.list do puts x end`, 'x'],
  [`x = Some.a if Some.b`, 'x'],
];

describe('ruby-config, what is left out (ADDON F.5 rule 3)', () => {
  for (const source of SKIPPED)
    it(`skips ${JSON.stringify(source)} with a warning`, async () => {
      const config = await readText(source);
      assert.deepEqual([...config.settings.keys()], []);
      assert.deepEqual([...config.environment.keys()], []);
      assert.equal(config.warnings.length, 1);
      assert.match(config.warnings[0]?.message ?? '', /^skipped: /);
    });

  for (const [source, named] of TOUCHING)
    it(`refuses ${JSON.stringify(source)}`, async () => {
      const error = await refusal(source);
      assert.equal(error.code, 'not_static');
      assert.match(error.message, named);
    });

  for (const [source, used] of NOT_READ)
    it(`refuses ${used} after ${JSON.stringify(source)}`, async () => {
      const config = await readText(source);
      assert.ok(config.warnings.length >= 1);
      const line = source.split('\n').length + 1;
      assert.equal((await refusal(`${source}\nnode_name ${used}`)).line, line);
    });

  it('refuses a variable of ENV after all of them were changed, where no proxy matters', async () => {
    const relevant = new Set(['node_name']);
    const error = await refusal(`ENV.replace(Some.x)\nnode_name ENV['HOME']`, { relevant });
    assert.match(error.message, /client\.rb:2: .*ENV\['HOME'\] was not read/);
  });

  it('says where a variable that was not read comes from', async () => {
    const { message } = await refusal(`host = Socket.gethostname\nnode_name host`);
    assert.match(message, /`host` was not read \(line 1: a call of `Socket.gethostname`/);
  });

  it('refuses a variable of ENV that must not be guessed and cannot be evaluated, and no other', async () => {
    const relevantVariables = new Set(['PATH', 'HOME']);
    const error = await refusal(`ENV['PATH'] = Some.x`, { relevantVariables });
    assert.match(error.message, /client\.rb:1: this may change ENV\['PATH'\], but/);
    const { warnings } = await readText(`ENV['LANG'] = Some.x`, { relevantVariables });
    assert.equal(warnings.length, 1);
  });

  it('keeps a text that is only handed on to another program', async () => {
    const source = `dir = '/etc/chef'\nSome::Handler.new(dir)\nclient_key "#{dir}/client.pem"`;
    assert.deepEqual(await settings(source), { client_key: '/etc/chef/client.pem' });
  });

  it('lets an object of another class have methods with the names of settings', async () => {
    const config = await readText(`h = Some::Handler.new\nh.log_level = :debug\nh.node_name 'x'`);
    assert.equal(config.warnings.length, 3);
  });

  it('drops a setting whose later value was not read', async () => {
    assert.deepEqual(await settings(`color true\ncolor Some.x`), {});
  });

  it('never puts a literal of the file into a message', async () => {
    const secret = 's3cret';
    const sources = [`http_proxy_pass Some.decrypt('${secret}')`, `note Some.x("${secret}")`];
    const error = await refusal(sources[0] ?? '');
    const { warnings } = await readText(sources[1] ?? '');
    assert.ok(!error.message.includes(secret));
    assert.ok(warnings.every(({ message }) => !message.includes(secret)));
  });
});
