import assert from 'node:assert/strict';
import { readEntries } from '../../../client/src/config/whitelist.ts';
import { makeWhitelist } from '../../../client/src/whitelist.ts';
import type { RubyHash, RubyValue } from '@pushy/ruby-config';

const re = (source: string, flags = ''): RubyValue => ({ kind: 'regexp', source, flags });
const sym = (name: string): RubyValue => ({ kind: 'symbol', name });
const hash = (...entries: [RubyValue, RubyValue][]): RubyHash => ({ kind: 'hash', entries });

const PLACE = { file: 'c.rb', line: 1 };

async function lookUp(
  entries: [RubyValue, RubyValue][],
  command: string,
  match?: 'full' | 'search',
): Promise<string> {
  const read = await readEntries({ ...PLACE, value: hash(...entries) }, match);
  const answer = makeWhitelist(read).lookUp(command);
  if (!answer.ok) return `no: ${answer.reason}`;
  const { commandLine, lock } = answer.value;
  return lock === undefined ? commandLine : `${commandLine} [lock ${lock}]`;
}
const no = (command: string): string => `no: not in the whitelist: ${command}`;

/** whitelist, command, what runs */
const rows: [string, [RubyValue, RubyValue][], string, string][] = [
  ['an exact name', [['a', 'run a']], 'a', 'run a'],
  ['a name that is not there', [['a', 'run a']], 'b', no('b')],
  ['a symbol as name', [[sym('a'), 'run a']], 'a', 'run a'],
  [
    'an exact name before a pattern that stands first',
    [
      [re('.*'), 'any'],
      ['a', 'run a'],
    ],
    'a',
    'run a',
  ],
  [
    'the first pattern that matches',
    [
      [re('x'), '1'],
      [re('a.*'), '2'],
      [re('.*'), '3'],
    ],
    'abc',
    '2',
  ],
  ['backslashes of an exact entry as they are', [['a', 'run \\1']], 'a', 'run \\1'],
  ['\\1', [[re('^job (\\w+)$'), 'run \\1']], 'job x', 'run x'],
  ['\\0 and \\&', [[re('j(.)'), '\\0 \\&']], 'jx', 'jx jx'],
  ['a group that took no part', [[re('a|(b)'), 'run \\1.']], 'a', 'run .'],
  ['a group that is not there', [[re('a'), 'run \\7.']], 'a', 'run .'],
  ['one digit alone', [[re('(a)'), '\\10']], 'a', 'a0'],
  ['\\k<name>', [[re('job (?<n>\\w+)'), 'run \\k<n>']], 'job x', 'run x'],
  ['\\\\ as one backslash', [[re('a'), '\\\\1']], 'a', '\\1'],
  ['what stands before and after a whole match: nothing', [[re('a'), "[\\`\\']"]], 'a', '[]'],
  ['a dollar of JavaScript as it is', [[re('(a)'), '$1 $& $$']], 'a', '$1 $& $$'],
  ['other backslashes as they are', [[re('a'), 'x\\q\\']], 'a', 'x\\q\\'],
  [
    'S10 no part of the command',
    [[re('chef-client'), 'chef-client']],
    'evil; chef-client',
    no('evil; chef-client'),
  ],
  [
    'S10 no line of the command',
    [[re('^chef-client$'), 'x']],
    'evil\nchef-client',
    no('evil\nchef-client'),
  ],
  [
    'S10 no trailing line break',
    [[re('^chef-client$'), 'x']],
    'chef-client\n',
    no('chef-client\n'),
  ],
  ['S10 no alternative that is matched in part', [[re('a|ab'), 'x']], 'abc', no('abc')],
  ['S10 a longer alternative where it is the whole', [[re('a|ab'), 'x']], 'ab', 'x'],
  ['the flag i', [[re('chef', 'i'), 'x']], 'CHEF', 'x'],
  ['the flag m: a dot is any character', [[re('a.b', 'm'), 'x']], 'a\nb', 'x'],
  ['no flag: a dot is no line break', [[re('a.b'), 'x']], 'a\nb', no('a\nb')],
  ['the flag x with a comment at its end', [[re('a b # c', 'x'), 'x']], 'ab', 'x'],
  ['\\h, \\A, \\z and possessive quantifiers', [[re('\\A\\h++\\z'), 'x']], 'beef', 'x'],
  ['inline options', [[re('(?i)a'), 'x']], 'A', 'x'],
  [
    'a hash by symbols',
    [['a', hash([sym('command_line'), 'run'], [sym('lock'), true])]],
    'a',
    'run [lock true]',
  ],
  ['a hash by texts', [['a', hash(['command_line', 'run'], ['lock', '/l'])]], 'a', 'run [lock /l]'],
  [
    'a hash under a pattern',
    [[re('j (.)'), hash([sym('command_line'), 'r \\1'], [sym('lock'), true])]],
    'j x',
    'r x [lock true]',
  ],
  ['lock: false', [['a', hash(['command_line', 'run'], ['lock', false])]], 'a', 'run'],
  [
    'a long name shortened in the reason',
    [],
    'x'.repeat(200),
    `no: not in the whitelist: ${'x'.repeat(100)}…`,
  ],
];

/** With whitelist_match 'search': whitelist, command, what runs as in the original (S10) */
const searched: [string, [RubyValue, RubyValue][], string, string][] = [
  ['a part of the command, keeping the rest', [[re('b'), 'B']], 'abcb', 'aBcB'],
  ['a line of the command', [[re('^b$'), 'B']], 'a\nb\nc', 'a\nB\nc'],
  ['\\1', [[re('(\\w)-(\\w)'), '\\2-\\1']], 'x a-b c-d', 'x b-a d-c'],
  ['what stands before and after each match', [[re('b'), "[\\`|\\']"]], 'abc', 'a[a|c]c'],
  ['empty matches', [[re('x*'), '-']], 'aXxb', '-a-X--b-'],
  ['empty matches between signs of two units', [[re('x*'), '-']], '😀', '-😀-'],
  ['no match', [[re('x'), '-']], 'abc', no('abc')],
  [
    'the first pattern that matches',
    [
      [re('x'), '1'],
      [re('b'), '2'],
      [re('a'), '3'],
    ],
    'ab',
    'a2',
  ],
  ['an exact name as ever', [['a', 'run']], 'ab', no('ab')],
  [
    'a hash under a pattern',
    [[re('b'), hash([sym('command_line'), 'B'], [sym('lock'), true])]],
    'ab',
    'aB [lock true]',
  ],
];

/** whitelist, what the refusal says */
const refused: [string, RubyValue, RegExp][] = [
  ['no hash', 'chef-client', /c\.rb:1: whitelist: it must be a hash/],
  ['a number as key', hash([1, 'x']), /entry 1: a key must be a text or a regular expression/],
  ['a number as value', hash(['a', 1]), /entry a: the value must be a command line/],
  [
    'a hash without command_line',
    hash(['a', hash(['lock', true])]),
    /entry a: command_line is missing/,
  ],
  [
    'a lock that is a number',
    hash(['a', hash(['command_line', 'x'], ['lock', 1])]),
    /entry a: lock must be/,
  ],
  [
    'a pattern that cannot be translated',
    hash([re('\\p{Foo}'), 'x']),
    /c\.rb:1: whitelist: entry .*cannot be used/,
  ],
  ['a pattern that leaves its group', hash([re('a)|(?:b'), 'x']), /cannot be used/],
  [
    'the whole pattern as a group of itself',
    hash([re('\\((?:x|\\g<0>)*\\)'), 'x']),
    /entry .*: the pattern cannot be used: \\g<0> is the whole/,
  ],
  [
    'a group name that the pattern has twice',
    hash([re('(?<a>x)-(?<a>y)'), '\\k<a>']),
    /more than one group called a/,
  ],
  ['a group name that the pattern has not', hash([re('(?<a>x)'), '\\k<b>']), /no group called b/],
];

describe('whitelist (ADDON C.3)', () => {
  for (const [what, entries, command, runs] of rows) {
    it(`takes ${what}`, async () => {
      assert.equal(await lookUp(entries, command), runs);
    });
  }
  for (const [what, entries, command, runs] of searched) {
    it(`S10 takes ${what} with whitelist_match 'search'`, async () => {
      assert.equal(await lookUp(entries, command, 'search'), runs);
    });
  }
  for (const [how, source] of [
    ['nested repeats', '(a+)+b'],
    ['alternatives that overlap', '(?:a|aa)+b'],
    ['possessive parts', '(?:(?>a|b)|a)*(a*)*b'],
  ] as const) {
    for (const match of ['full', 'search'] as const) {
      it(`ends ${how} that backtrack without end, and says so (${match})`, async () => {
        const command = 'a'.repeat(5000);
        const answer = await lookUp([[re(source), 'x']], command, match);
        assert.match(
          answer,
          /^no: the whitelist's pattern \/.*\/ takes too long on this command: a{100}…$/,
        );
      });
    }
  }
  for (const [what, value, message] of refused) {
    it(`refuses at the start ${what}`, async () => {
      await assert.rejects(readEntries({ ...PLACE, value }), {
        code: 'bad_whitelist',
        message,
      });
    });
  }
});
