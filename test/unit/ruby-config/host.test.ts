import assert from 'node:assert/strict';
import type { ReadOptions } from '@pushy/ruby-config';
import { refusal, settings } from './read.ts';

/** A host that is not there: names by directory, texts by path. */
const HOST: Partial<ReadOptions> = {
  hostName: (kind) => (kind === 'short' ? 'web01' : 'web01.example.com'),
  workingDirectory: '/here',
  listDirectory: (path) => (path === '/etc/d' ? ['b.rb', 'a.rb', '.c.rb', 'a.txt', 'x+y.rb'] : []),
  fileType: (path) => (path === '/etc/d' ? 'directory' : path === '/here/f' ? 'file' : undefined),
  readFile: (path) => (path.startsWith('/etc/d/') ? `seen '${path}'` : undefined),
};

const READ: readonly (readonly [string, unknown])[] = [
  ['v Socket.gethostname', 'web01'],
  ['v `hostname`', 'web01\n'],
  ['v `hostname -f`.chomp', 'web01.example.com'],
  ['v Dir.pwd', '/here'],
  ['v Dir.home', '/home/someone'],
  ['v File::PATH_SEPARATOR', ':'],
  ["v File.expand_path('a')", '/here/a'],
  ["v File.expand_path('a', 'b/..')", '/here/a'],
  ["v File.exist?('/etc/d'), File.file?('f'), File.directory?('/etc/e')", [true, true, false]],
  ["v File.read('/etc/d/a.rb')", "seen '/etc/d/a.rb'"],
  ["v []\nDir.glob('/etc/d/*.rb').each { |f| v v + [f] }", ['a', 'b', 'x+y'].map(inD)],
  ["v []\nDir.glob('/etc/d/x+*').each { |f| v v + [f] }", [inD('x+y')]],
  ["v []\nDir['/etc/d/*.rb'].sort.each { |f| v v + [f] }", ['a', 'b', 'x+y'].map(inD)],
  ["v 1\nDir.glob('/no/*.rb') { |f| v f }", 1],
  ["v 1\nDir.glob('/etc/d/*.rb').each { |f| }", 1],
  ["f = 'outer'\nDir.glob('/etc/d/*.rb').each { |f| x f }\nv f", 'outer'],
];

function inD(name: string): string {
  return `/etc/d/${name}.rb`;
}

/** Statements that need the host, each refused where the reader is not told of it or cannot ask. */
const REFUSED: readonly (readonly [string, RegExp, Partial<ReadOptions>])[] = [
  ['node_name Socket.gethostname', /Socket\.gethostname/, {}],
  ['node_name `hostname`', /backticks is never run/, {}],
  ['node_name `hostname; id`', /backticks is never run/, HOST],
  ['file_dir Dir.pwd', /Dir\.pwd/, {}],
  ["node_name 'x' if File.exist?('/f')", /asks for a file of the host/, {}],
  ["node_name File.read('/f')", /another file is read/, {}],
  ["node_name File.read('/no')", /there is no file \/no/, HOST],
  ["node_name File.read('no')", /needs one path/, {}],
  ["Dir.glob('/etc/d/*.rb').each { |f| node_name f }", /cannot be listed/, {}],
  ["Dir.glob('/etc/*/d.rb').each { |f| node_name f }", /\* in the last part alone/, HOST],
  ["Dir.glob('/etc/d/*.rb').each { |f, g| node_name f }", /more than \|file\|/, HOST],
  ["Dir.glob('/etc/d/*.rb').each { node_name _1 }", /more than \|file\|/, HOST],
  ["Dir.glob('/etc/d/*.rb', 1).each { |f| node_name f }", /`Dir\.glob`/, HOST],
  ["Dir.glob('/etc/d/*.rb').each { |f| break if node_name f }", /jump out of a loop/, HOST],
];

/** Files that are loaded, by their paths. */
const LOADED: Readonly<Record<string, string>> = {
  '/etc/chef/named.rb': "Chef::Config.node_name 'loaded'\nX = 'x'",
  '/here/near.rb': "Chef::Config[:node_name] = 'near'",
  '/home/someone/own.rb': "Chef::Config.node_name = 'own'",
  '/etc/chef/bare.rb': "x = 1\nnode_name 'x'",
  '/etc/chef/self.rb': "self.node_name = 'x'",
  '/etc/chef/more.rb': "from_file '/etc/chef/named.rb'",
  '/etc/chef/unknown.rb': '\nChef::Config.node_name Some.x',
  '/etc/chef/handler.rb': 'class Slack\n  def run\n    @node_name ||= node_name.upcase\n  end\nend',
  '/etc/chef/loop.rb': "load '/etc/chef/loop.rb'",
};
const LOADING: Partial<ReadOptions> = { ...HOST, readFile: (path) => LOADED[path] };

describe('ruby-config, what a file loads (ADDON F.5 rule 3)', () => {
  for (const [source, expected] of [
    ["load '/etc/chef/named.rb'", 'loaded'],
    ["require '/etc/chef/named'\nnode_name 'later'\nrequire '/etc/chef/named.rb'", 'later'],
    ["require '/etc/chef/named'\nnode_name 'later'\nload '/etc/chef/named.rb'", 'loaded'],
    ["require_relative 'named'", 'loaded'],
    ["require_relative '../chef/named.rb'\nnode_name X", 'x'],
    ["Kernel.load 'near.rb'", 'near'],
    ["require './near'", 'near'],
    ["require '~/own'", 'own'],
    ["node_name 'x'\nrequire_relative 'handler'", 'x'],
  ] as const)
    it(`runs ${JSON.stringify(source)} as Ruby does`, async () => {
      assert.equal((await settings(source, LOADING))['node_name'], expected);
    });

  for (const [source, message] of [
    ["load '/etc/chef/bare.rb'", /^\/etc\/chef\/bare\.rb:2: .*knows no settings.*from_file/],
    ["load '/etc/chef/self.rb'", /^\/etc\/chef\/self\.rb:1: .*knows no settings/],
    ["load '/etc/chef/more.rb'", /^\/etc\/chef\/more\.rb:1: .*knows no settings/],
    ["load '/etc/chef/unknown.rb'", /^\/etc\/chef\/unknown\.rb:2: .*cannot be evaluated/],
    ["load '/etc/chef/none.rb'", /client\.rb:1: the file \/etc\/chef\/none\.rb .*cannot be read/],
    ["load '/etc/chef/loop.rb'", /loop\.rb:1: more than 10 files/],
    ["require '/etc/chef/native.so'", /client\.rb:1: .*not known here to be a file of Ruby/],
  ] as const)
    it(`refuses ${JSON.stringify(source)}`, async () => {
      assert.match((await refusal(source, LOADING)).message, message);
    });
});

describe('ruby-config, what a file asks of its host (ADDON F.4, F.5)', () => {
  for (const [source, expected] of READ)
    it(`reads ${JSON.stringify(source)}`, async () => {
      assert.deepEqual((await settings(source, HOST))['v'], expected);
    });
  for (const [source, message, host] of REFUSED)
    it(`refuses ${JSON.stringify(source)}`, async () => {
      assert.match((await refusal(source, host)).message, message);
    });
});
