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
  ["Dir.glob('/etc/d/*.rb', 1).each { |f| node_name f }", /block/, HOST],
  ["Dir.glob('/etc/d/*.rb').each { |f| break if node_name f }", /jump out of a loop/, HOST],
];

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
