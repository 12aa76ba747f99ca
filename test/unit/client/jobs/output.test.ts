import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodedSize, fitOutput } from '../../../../client/src/jobs/output.ts';

const kept = (text: string) => ({ head: Buffer.from(text), tail: Buffer.alloc(0), lost: 0 });
const size = ({ stdout, stderr }: { stdout: string; stderr: string }): number =>
  encodedSize(stdout) + encodedSize(stderr);

describe('output of a run (A7, A8)', () => {
  it('is whole when both streams fit, to the byte', () => {
    const streams = { stdout: kept('a'.repeat(60)), stderr: kept('b'.repeat(40)) };
    assert.deepEqual(fitOutput(streams, 100), { stdout: 'a'.repeat(60), stderr: 'b'.repeat(40) });
  });
  it('keeps head and tail and says what was cut, where a stream is too long', () => {
    const { stdout, stderr } = fitOutput(
      { stdout: kept(`start${'x'.repeat(5000)}end`), stderr: kept('why') },
      400,
    );
    assert.match(
      stdout,
      /^startx+\n\[\d+ bytes cut here: a node may send 400 bytes of output\]\nx+end$/,
    );
    assert.equal(stderr, 'why');
    const cut = Number(/\[(\d+) bytes/.exec(stdout)?.[1]);
    const shown = stdout.replace(/\n\[.*\]\n/, '').length;
    assert.equal(cut + shown, 5008);
  });
  it('names the bytes that were not even kept in memory', () => {
    const stdout = {
      head: Buffer.from('a'.repeat(300)),
      tail: Buffer.from('z'.repeat(300)),
      lost: 1_000_000,
    };
    const fitted = fitOutput({ stdout, stderr: kept('') }, 300).stdout;
    assert.match(fitted, /^a+\n\[1000\d\d\d bytes cut/);
    assert.match(fitted, /z$/);
  });
  it('measures what JSON makes of a character: a NUL is six bytes', () => {
    assert.equal(encodedSize('\0'), 6);
    assert.equal(encodedSize('"é😀'), 2 + 2 + 4);
    const fitted = fitOutput({ stdout: kept('\0'.repeat(1000)), stderr: kept('') }, 1000);
    assert.ok(size(fitted) <= 1000, String(size(fitted)));
  });
  it('shares the room where both streams are too long', () => {
    const fitted = fitOutput(
      { stdout: kept('a'.repeat(9000)), stderr: kept('b'.repeat(8000)) },
      1000,
    );
    assert.ok(fitted.stdout.length > 400 && fitted.stderr.length > 400);
    assert.ok(size(fitted) <= 1000);
  });
  it('is empty where there is no room for anything', () => {
    assert.deepEqual(fitOutput({ stdout: kept('abc'), stderr: kept('def') }, 2), {
      stdout: '',
      stderr: '',
    });
  });
  it('never passes its limit and never breaks a character, whatever a command prints', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 400 });
    fc.assert(
      fc.property(
        text,
        text,
        fc.integer({ min: 0, max: 900 }),
        fc.nat(3),
        (stdout, stderr, limit, lost) => {
          const out = { ...kept(stdout), lost };
          const fitted = fitOutput({ stdout: out, stderr: kept(stderr) }, limit);
          assert.ok(size(fitted) <= limit, `${size(fitted)} > ${limit}`);
          const whole = lost === 0 && encodedSize(stdout) + encodedSize(stderr) <= limit;
          if (whole) assert.deepEqual(fitted, { stdout, stderr });
          assert.equal(fitted.stdout, Buffer.from(fitted.stdout).toString());
        },
      ),
    );
  });
});
