import assert from 'node:assert/strict';
import { toPlain } from '@pushy/ruby-config';
import { readText } from '../../helpers/ruby-config.ts';
import { refusal, settings } from './read.ts';

/** Constructs of ADDON F.4 and F.5, each with the value that Ruby gives it. */
const VALUES: readonly (readonly [string, unknown])[] = [
  [`ENV['CHEF_ENV']`, 'staging'],
  [`ENV['NOPE'] || 'x'`, 'x'],
  [`(ENV['NOPE'] || 'X').downcase`, 'x'],
  [`ENV.fetch('NOPE', 'd')`, 'd'],
  [`ENV.fetch('NOPE') { 'd' }`, 'd'],
  [`ENV.fetch('NOPE') { }`, null],
  [`ENV.fetch('CHEF_ENV') { 'd' }`, 'staging'],
  [`ENV.key?('NOPE')`, false],
  [`ENV['NOPE'] && 'x'`, null],
  [`ENV['CHEF_ENV'] && 'x'`, 'x'],
  [`ENV['NOPE'] ? 'a' : 'b'`, 'b'],
  [`(if ENV['NOPE'] then 'a' end)`, null],
  [`(unless ENV['NOPE'] then 'a' else 'b' end)`, 'a'],
  [`begin 'a' end`, 'a'],
  [`()`, null],
  [`(begin; end)`, null],
  [`__FILE__`, '/etc/chef/client.rb'],
  [`__dir__`, '/etc/chef'],
  [`File.join(__dir__, 'a', ['b'])`, '/etc/chef/a/b'],
  [`File.expand_path('../x', __FILE__)`, '/etc/chef/x'],
  [`"a#{nil}b#{:c}#{1}#{true}#{1.5}#{}"`, 'abc1true1.5'],
  [`"#{ENV['CHEF_ENV']}" 'x'`, 'stagingx'],
  [`:"a#{1}"`, 'a1'],
  [`%i[a b]`, ['a', 'b']],
  [`/a\\/b/mix`, '/a/b/imx'],
  [`/a#{'b'}/`, '/ab/'],
  [`{ 'a' => /x/ }`.replace(/^/, '(').replace(/$/, ')'), { a: '/x/' }],
  [`[1, *[2, 3]]`, [1, 2, 3]],
  [`1 + 2 * 3 - 4`, 3],
  [`'1_000x'.to_i`, 1000],
  [`nil.to_i`, 0],
  [`nil.to_s`, ''],
  [`:a.name`, 'a'],
  [`:a.to_sym`, 'a'],
  [`!ENV['NOPE']`, true],
  [`(not true)`, false],
  [`nil&.upcase`, null],
  [`'a'.itself`, 'a'],
  [`'a'.dup.to_str`, 'a'],
  [`[1].dup`, [1]],
  [`[].last`, null],
  [`[][3]`, null],
  [`[1, 2].include?(2)`, true],
  [`[1] + [2]`, [1, 2]],
  [`['a', 'b'].join`, 'ab'],
  [`{ a: 1 }.merge({ b: 2 })[:b]`.replace(/^/, '(').replace(/$/, ')'), 2],
  [`({}).empty?`, true],
  [`({ 1 => 2 }).key?(1)`, true],
  [`({ [1] => 2 })`, { '[1]': 2 }],
  [`File::SEPARATOR`, '/'],
  [`1 == 1`, true],
  [`'a' != 'a'`, false],
  [`(x = 'a')`, 'a'],
  [`[STDOUT, $stdout, STDERR]`, ['STDOUT', 'STDOUT', 'STDERR']],
  [`-5`, -5],
  [`0b11`, 3],
  [`4_294_967_296`, 4294967296],
];

describe('ruby-config, static subset (ADDON F.4, F.5)', () => {
  for (const [expression, expected] of VALUES)
    it(`reads ${expression}`, async () => {
      assert.deepEqual(await settings(`v(${expression})`), { v: expected });
    });

  it('gives regexps with source and flags, symbols and constants as such', async () => {
    const config = await readText(`a /x/i, :y, STDOUT`);
    assert.deepEqual(config.settings.get('a')?.value, [
      {
        kind: 'regexp',
        source: 'x',
        flags: 'i',
        place: { file: '/etc/chef/client.rb', line: 1 },
      },
      { kind: 'symbol', name: 'y' },
      { kind: 'constant', name: 'STDOUT' },
    ]);
  });

  it('runs the branch that a condition on ENV takes', async () => {
    const source = `case ENV['CHEF_ENV']\nwhen 'x' then a 1\nwhen 'staging', 'y' then a 2\nend
case ENV['NOPE']\nwhen nil then b 1\nend\ncase 1\nwhen 2 then c 1\nend\ncase 1\nwhen 2 then c 1\nelse c 2\nend`;
    assert.deepEqual(await settings(source), { a: 2, b: 1, c: 2 });
    assert.deepEqual(await settings(`ENV['NOPE'] or a 1\nENV['NOPE'] and b 1`), { a: 1 });
    assert.deepEqual(await settings(`(a 1; b 2)\nbegin\n c 3\nend\n()`), { a: 1, b: 2, c: 3 });
    assert.deepEqual(await settings(`if ENV['NOPE']\n a 1\nelse\n a 2\nend`), { a: 2 });
  });

  it('keeps the keys of an object as text, however they are written (ADDON B.4)', async () => {
    const config = await readText(`
opscode_pushy_server['a'] = { :b => 1 }
opscode_pushy_server['a']['b'] = 2
opscode_pushy_server['a'][:b] += 1
opscode_pushy_server[:a]['c'] ||= [{ d: 4 }]
opscode_pushy_server['has'] = opscode_pushy_server['a'].key?(:b)
opscode_pushy_server.vip = 'x'
opscode_pushy_server.vip ||= 'never'
opscode_pushy_server.port 1
opscode_pushy_server['none'] &&= 1
Chef::Config[:opscode_pushy_server]['via'] = 2
`);
    const object = [...(config.objects.get('opscode_pushy_server') ?? [])];
    assert.deepEqual(Object.fromEntries(object.map(([key, { value }]) => [key, toPlain(value)])), {
      a: { b: 3, c: [{ d: 4 }] },
      has: true,
      vip: 'x',
      port: 1,
      via: 2,
    });
    assert.deepEqual(config.objects.get('opscode_pushy_server')?.get('vip'), {
      value: 'x',
      line: 7,
      file: '/etc/chef/client.rb',
    });
  });

  it('B.4 refuses a nested key whose hash was not assigned first, as Ruby does', async () => {
    const error = await refusal(`opscode_pushy_server['a']['b'] = 1`);
    assert.match(error.advice, /Assign the whole hash at once/);
  });

  it('refuses to use the copy of an object that Ruby would keep indifferent', async () => {
    assert.equal((await refusal(`knife[:a] = {}\nknife[:b] = knife[:a].merge({})`)).line, 2);
  });

  it('reads earlier settings by each of their names', async () => {
    const source = `node_name 'n'\na node_name\nb self.node_name\nc Chef::Config[:node_name]\nd ::Chef::Config.node_name`;
    assert.deepEqual(await settings(source), { node_name: 'n', a: 'n', b: 'n', c: 'n', d: 'n' });
  });

  it('refuses a relevant setting that is read before it is set: its default is not known', async () => {
    assert.match((await refusal(`client_name node_name`)).message, /no value yet/);
    assert.match((await refusal(`self.node_name ||= 'x'`)).message, /default is not known/);
    assert.deepEqual(
      await settings(`node_name 'a'\nself.node_name ||= 'x'\nself.node_name += 'b'`),
      {
        node_name: 'ab',
      },
    );
  });

  it('takes a variable with the name of a setting when the setting is set after it', async () => {
    assert.deepEqual(await settings(`node_name = 'a'\nnode_name node_name + 'b'`), {
      node_name: 'ab',
    });
    assert.equal((await refusal(`node_name 'a'\nnode_name = 'b'`)).code, 'assignment_trap');
    assert.equal((await refusal(`node_name += 'b'`)).line, 1);
    assert.equal((await refusal(`node_name, x = 1, 2`)).code, 'assignment_trap');
  });

  it('shares a hash between its names, as Ruby does', async () => {
    assert.deepEqual(await settings(`t = {}\nwhitelist t\nt['a'] = 'b'`), {
      whitelist: { a: 'b' },
    });
    assert.deepEqual(await settings(`l = []\na l\nl << 1`), { a: [1] });
  });

  it('keeps constants and variables of one file for one file', async () => {
    const readFile = (path: string) => (path === '/b.rb' ? `X = 1\ny = 2\nz node` : undefined);
    const source = `node 'n'\nChef::Config.from_file('/b.rb')\nx X\nv y`;
    const config = await readText(source, { readFile });
    assert.deepEqual([...config.settings.keys()], ['node', 'z', 'x']);
    assert.equal(config.settings.get('z')?.file, '/b.rb');
    assert.deepEqual(
      config.warnings.map(({ line, file }) => [line, file]),
      [[4, '/etc/chef/client.rb']],
    );
  });

  it('includes a file by instance_eval, and says in which file an error is', async () => {
    const readFile = () => `\nnode_name Some.x`;
    const error = await refusal(`instance_eval(File.read('/b.rb'), '/b.rb')`, { readFile });
    assert.deepEqual([error.file, error.line], ['/b.rb', 2]);
    const other = { readFile: () => 'HOST = Some.x' };
    const used = await refusal(`from_file '/b.rb'\nnode_name HOST`, other);
    assert.match(used.message, /`HOST` was not read \(\/b\.rb:1: /);
  });

  it('refuses an include that it cannot follow', async () => {
    assert.equal((await refusal(`from_file '/b.rb'`)).code, 'not_static');
    const readFile = () => undefined;
    assert.equal((await refusal(`from_file '/b.rb'`, { readFile })).code, 'include');
    assert.equal((await refusal(`from_file 1`, { readFile })).code, 'not_static');
    assert.equal((await refusal(`eval('node_name 1')`, { readFile })).code, 'not_static');
    assert.equal((await refusal(`eval(Some.read('x'))`, { readFile })).code, 'not_static');
  });

  it('stops where the file itself stops', async () => {
    for (const [statement, text] of [
      [`raise 'no good'`, 'raise: no good'],
      [`fail Some::Error`, 'fail'],
      [`abort 3`, 'abort'],
      [`exit`, 'exit'],
      [`return`, 'return'],
    ] as const) {
      const error = await refusal(`color 1\n${statement}\ncolor 2`);
      assert.deepEqual([error.code, error.line], ['raised', 2]);
      assert.ok(error.message.includes(text));
    }
  });
});
