import assert from 'node:assert/strict';
import { makeRubyPattern } from '../../client/src/whitelist/ruby-pattern.ts';
import { runOk } from '../helpers/run.ts';
import { useScene } from './harness/scene.ts';

/** What Ruby makes of each row, by its own gsub: the original's way, and with the whole command. */
const PROGRAM = String.raw`
require 'json'
rows = JSON.parse(STDIN.read)
STDOUT.write JSON.generate(rows.map { |source, flags, template, command|
  bits = { 'i' => Regexp::IGNORECASE, 'm' => Regexp::MULTILINE, 'x' => Regexp::EXTENDED }
  options = flags.chars.sum { |flag| bits.fetch(flag) }
  { search: source, full: "\\A(?:#{source}#{"\n" if flags.include?('x')})\\z" }.transform_values { |text|
    pattern = Regexp.new(text, options)
    command =~ pattern ? command.gsub(pattern, template) : nil
  }
})
`;

/** Pattern, flags, command line, command. */
const ROWS: readonly (readonly [string, string, string, string])[] = [
  ['^chef-client$', '', 'chef-client', 'chef-client'],
  ['^chef-client$', '', 'chef-client', 'evil\nchef-client'],
  ['chef-client', '', 'X', 'evil; chef-client -o x'],
  ['^delivery-cmd (.+)$', '', "/opt/ws/bin/delivery-cmd '\\1'", 'delivery-cmd a b "c"'],
  ['run (\\w+) (\\w+)', '', '\\2 \\1 \\0 \\& \\\\1 \\9', 'run a b'],
  ['run (?<what>\\w+)(?:-(?<more>\\d+))?', '', '\\k<what>/\\k<more>.', 'run job'],
  ['run (?<a>\\w)(\\w)', '', '\\1|\\2', 'run xy'],
  ['b', '', "[\\`|\\'|\\q|\\]", 'abc'],
  ['A\\.b', 'i', 'x', 'a.B'],
  ['a.c', '', 'x', 'a\nc'],
  ['a.c', 'm', 'x', 'a\nc'],
  ['a b # remark', 'x', 'x', 'ab'],
  ['(?i)a(?-i)b', '', 'x', 'Ab'],
  ['(?i:a)b|c', '', 'x', 'AB'],
  ['\\h+\\z', '', 'x', 'beef'],
  ['\\A\\H\\R\\h\\Z', '', 'x', 'z\r\nf\n'],
  ['a++b', '', 'x', 'aaab'],
  ['(?>a|ab)c', '', 'x', 'abc'],
  ['a|ab', '', '<\\0>', 'ab'],
  ['x*', '', '-', 'aXxb'],
  ['[[:alpha:]]+[[:digit:]&&[^5]]', '', 'x', 'ab5'],
  ['\\p{Alpha}+ \\p{^Digit}', '', 'x', 'aß ü'],
  ['(a)(?:b\\1)+', '', '\\1', 'ababa'],
  ['(?<q>[\'"]).*\\k<q>', '', 'q', "'a'"],
  ['(?<=run )\\w+(?! now)', '', 'x', 'run job'],
  ['\\bjob\\b', '', 'x', 'a job, a jobs'],
  ['(?<p>\\((?:[^()]|\\g<p>)*\\))', '', 'x', '(a(b)c)'],
  ['\\s\\S\\d\\D\\w\\W', '', 'x', ' a1b_-'],
  ['a{2}b{,2}c{1,}', '', 'x', 'aabcc'],
  ['[a-c&&b-d]', '', 'x', 'b'],
  ['\\x41\\u00e9\\t', '', 'x', 'Aé\t'],
  ['$', '', '.', 'a\nb'],
  ['^', '', '> ', 'a\nb'],
  ['.', '', '<\\0>', '😀a'],
  ['\\(\\$HOME\\)', '', '$1 $& \\\\', '($HOME)'],
];

describe("whitelist patterns against Ruby's own (ADDON C.3, F.5 rule 6)", () => {
  useScene('workstation');
  let ruby: Record<'full' | 'search', string | null>[];

  before(async () => {
    const options = { input: JSON.stringify(ROWS), timeoutMs: 30_000 };
    const { stdout } = await runOk('ruby', ['-Ku', '-W0', '-e', PROGRAM], options);
    ruby = JSON.parse(stdout) as typeof ruby;
  });

  for (const [index, [source, flags, template, command]] of ROWS.entries())
    it(`/${source}/${flags} makes of ${JSON.stringify(command)} what Ruby makes of it`, () => {
      for (const match of ['search', 'full'] as const) {
        const filled = makeRubyPattern({ source, flags, template, match }).fill(command);
        const ours = filled.kind === 'match' ? filled.text : null;
        assert.equal(ours, ruby[index]?.[match], match);
      }
    });
});
