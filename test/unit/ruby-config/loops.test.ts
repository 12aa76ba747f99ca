import assert from 'node:assert/strict';
import type { Setting } from '@pushy/ruby-config';
import { readText } from '../../helpers/ruby-config.ts';
import { refusal, settings } from './read.ts';

describe('ruby-config, loops over what is known (ADDON F.4)', () => {
  for (const [source, value] of [
    ['v []\n[1, 2].each { |n| v << n }', [1, 2]],
    ['v []\n[[1, 2], [3]].each { |a, b| v << (b || a) }', [2, 3]],
    ['v []\n[[1, 2]].each { |pair| v << pair[1] }', [2]],
    ["v []\n{ 'a' => 1 }.each { |key, value| v << key; v << value }", ['a', 1]],
    ["v []\n{ 'a' => 1 }.each { |pair| pair << 2; v.concat(pair) }", ['a', 1, 2]],
    ["v []\nfor a, b in { 'x' => 1 } do v << a; v << b end", ['x', 1]],
    ['v []\n[1, 2].each { |n| m ||= n; v << m }', [1, 2]],
    ['m = 0\nv []\n[1, 2].each { |n| m += n; v << m }', [1, 3]],
    ["n = 'outer'\n[1].each { |n| n }\nv n", 'outer'],
    ['v 1\n[].each { return }', 1],
    ['v 1\n[1].each { }', 1],
    ['v []\n[1, 2].each { |a| [3, 4].each { |b| v << a * b } }', [3, 4, 6, 8]],
  ] as const)
    it(`runs ${JSON.stringify(source)}`, async () => {
      assert.deepEqual((await settings(source))['v'], value);
    });

  for (const [source, said] of [
    ['[1].each { return }', /a `return` in a configuration file/],
    ['a = [1]\na.each { |x| a << x }', /longer or shorter/],
    ["a = { 'x' => 1 }\na.each { |k, v| a.delete(k) }", /longer or shorter/],
    ['a = (%w[1 2 3 4 5 6 7 8 9 10])\n' + 'a.each { '.repeat(5) + '}'.repeat(5), /10000 turns/],
    [
      "whitelist({})\n%w[a b].each { |x| next if x == 'a'; whitelist[x] = x }",
      /jump out of a loop/,
    ],
    ['whitelist({})\n[1].each { |x = 2| whitelist[x] = x }', /`whitelist`/],
    ['whitelist({})\n[1].each { |*x| whitelist[x] = x }', /`whitelist`/],
    ['whitelist({})\n[1].each_pair { |x| whitelist[x] = x }', /`whitelist`/],
    ['whitelist({})\nfor @x in [1] do whitelist[1] = 2 end', /`whitelist`/],
  ] as const)
    it(`refuses ${JSON.stringify(source.slice(0, 60))}`, async () => {
      assert.match((await refusal(source)).message, said);
    });

  it('warns once of what it leaves out in each turn', async () => {
    const { warnings } = await readText('libs = %w[a b]\nlibs.each { |lib| require lib }');
    assert.deepEqual(
      warnings.map(({ line }) => line),
      [2],
    );
  });
});

describe('ruby-config, data that a file of Ruby includes (ADDON F.5 point 7)', () => {
  const more: Setting = { value: 'of-data', file: '/etc/chef/more.json', line: 3 };
  const options = {
    readFile: (path: string) => (path.includes('missing') ? undefined : 'text'),
    readData: (text: string) => new Map([['node_name', { ...more, value: text }]]),
  };

  for (const line of [
    "from_file '/etc/chef/more.json'",
    "Chef::Config.from_file('/etc/chef/more.yml')",
    "from_yaml '/etc/chef/more.yml'",
    "from_toml '/etc/chef/more.toml'",
  ])
    it(`takes ${line}, the last line wins`, async () => {
      const source = `node_name 'first'\n${line}\nv node_name`;
      const { settings: read, files } = await readText(source, options);
      assert.deepEqual(read.get('node_name'), { ...more, value: 'text' });
      assert.equal(read.get('v')?.value, 'text');
      assert.equal(files.length, 2);
    });

  for (const [line, said] of [
    ["from_file '/etc/chef/missing.json'", /client\.rb:1: .*cannot be read/],
    ["from_json '/etc/chef/more.conf'", /another name: \/etc\/chef\/more\.conf/],
    ["from_json '/etc/chef/more.yml'", /another name/],
  ] as const)
    it(`refuses ${line}`, async () => {
      assert.match((await refusal(line, options)).message, said);
    });

  it('refuses one of the predefined hashes as a whole', async () => {
    const readData = () => new Map([['knife', more]]);
    const error = await refusal("from_file '/m.json'", { ...options, readData });
    assert.match(error.message, /`knife` as a whole, in \/m\.json/);
  });
});
