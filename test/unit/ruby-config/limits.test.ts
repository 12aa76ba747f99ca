import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RubyConfigError } from '@pushy/ruby-config';
import { HOST, readText, readable, refused } from '../../helpers/ruby-config.ts';
import { refusal, settings } from './read.ts';

describe('ruby-config on hostile input', () => {
  for (const [name, source] of [
    ['brackets', `x ${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['blocks', `${'begin\n'.repeat(300)}${'rescue\nend\n'.repeat(300)}`],
    ['blocks on one line', `${'begin;'.repeat(300)}${'end;'.repeat(300)}`],
    ['do-blocks', `${'x do |a|\n'.repeat(300)}${'end\n'.repeat(300)}`],
    ['additions', `x ${Array(30_000).fill(`'a'`).join('+')}`],
    ['assignments', `${'a='.repeat(290)}1`],
  ] as const)
    it(`refuses ${name} nested too deeply, and reads the next file`, async () => {
      assert.equal((await refusal(source)).code, 'too_deep');
      assert.deepEqual(await settings(`node_name 'x'`), { node_name: 'x' });
    });

  it('reads 60 levels, flat files of any length and brackets in comments', async () => {
    await readText(`x ${'['.repeat(60)}${']'.repeat(60)}`);
    await readText(`${'if true\n'.repeat(60)}${'end\n'.repeat(60)}`);
    await readText(`${'# ((((\n'.repeat(200)}x ')))'`);
    const lines = Array.from({ length: 5000 }, (_, index) => `s${index} [${index}]`);
    assert.equal(Object.keys(await settings(lines.join('\n'))).length, 5000);
  });

  it('reads or refuses a long sum, wherever the stack ends', async () => {
    const answers = new Set<string>();
    for (let length = 500; length <= 12_000; length += 500) {
      await readText(`color ${Array(length).fill('Some.x').join('+')}`).then(
        () => answers.add('read'),
        (error: unknown) => {
          assert.ok(error instanceof RubyConfigError);
          assert.equal(error.code, 'too_deep');
          assert.ok(error.cause instanceof RangeError);
          answers.add(error.problem);
        },
      );
    }
    assert.deepEqual(
      answers,
      new Set([
        'read',
        'an expression in this file nests too deeply',
        'this file nests too deeply for the Ruby parser',
      ]),
    );
  });

  it('finds the line of an error behind text of several bytes a letter', async () => {
    assert.equal((await refusal(`a 'éé日本'\n# 😀\n\nnode_name 'é' + Some.x`)).line, 4);
  });

  it('refuses bytes that are no text, and a byte order mark inside', async () => {
    assert.match((await refusal(`node_name "\\xff"`)).message, /not UTF-8/);
    assert.match(
      (await refusal(`color 1\n\uFEFFnode_name 'x'`)).message,
      /client\.rb:2: .*U\+FEFF/,
    );
  });

  it('refuses bytes that were no UTF-8, except in comments and after the end', async () => {
    const error = await refusal(`color 1\nnode_name 'h\uFFFD'`);
    assert.match(error.message, /client\.rb:2: .*not UTF-8/);
    const source = `# caf\uFFFD\n=begin\n\uFFFD\n=end\nnode_name 'x' # \uFFFD\n__END__\n\uFFFD`;
    assert.deepEqual(await settings(source), { node_name: 'x' });
  });

  it('has one error for everything: broken copies of the corpus', async function () {
    this.timeout(60_000);
    const texts = [...readable, ...refused].map(({ text }) => text);
    const pieces = [
      ...Array.from(`{}[]()"'#\\\n =:,;|&<>/%\`$@!?*`),
      'do ',
      'end',
      'if ',
      '=begin',
      '<<X',
      '->{',
    ];
    const broken = fc
      .record({
        text: fc.constantFrom(...texts),
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        drop: fc.nat(5),
        piece: fc.constantFrom(...pieces),
      })
      .map(({ text, at, drop, piece }) => {
        const place = Math.floor(at * text.length);
        return text.slice(0, place) + piece + text.slice(place + drop);
      });
    await fc.assert(
      fc.asyncProperty(broken, async (text) => {
        try {
          await readText(text, HOST);
        } catch (error) {
          if (!(error instanceof RubyConfigError)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });
});
