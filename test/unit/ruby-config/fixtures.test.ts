import assert from 'node:assert/strict';
import { RubyConfigError } from '@pushy/ruby-config';
import { HOST, readText, readable, refused } from '../../helpers/ruby-config.ts';

describe('ruby-config on the corpus of files', () => {
  it('holds at least 60 files of which at least 15 are refused', () => {
    assert.ok(readable.length + refused.length >= 60);
    assert.ok(refused.length >= 15);
  });

  for (const { name, file, text } of readable)
    it(`reads ${name}.rb without running Ruby`, async () => {
      await readText(text, { file, ...HOST });
    });

  for (const { name, file, text } of refused)
    it(`F.5 refuses ${name}.rb with the file, the line and advice`, async () => {
      const [, code, line] = /^# refused: (\w+) (\d+)$/m.exec(text) ?? assert.fail('no first line');
      await assert.rejects(readText(text, { file, ...HOST }), (error) => {
        assert.ok(error instanceof RubyConfigError);
        assert.equal(error.code, code);
        assert.equal(error.line, Number(line));
        assert.equal(error.file, file);
        assert.ok(error.message.startsWith(`${file}:${line ?? ''}: `));
        assert.match(error.advice, /^\S.*\.$/);
        return true;
      });
    });
});
