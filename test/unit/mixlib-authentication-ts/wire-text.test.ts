import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { fromWire, toWire } from '../../../mixlib-authentication-ts/src/wire-text.ts';

describe('Text in a header', () => {
  it('is one character for each byte on the wire', () => {
    assert.equal(toWire('rose'), 'rose');
    assert.equal(toWire('é'), '\u00c3\u00a9');
    assert.equal(fromWire('\u00c3\u00a9'), 'é');
  });

  it('stays as it is where it cannot be UTF-8 bytes', () => {
    assert.equal(fromWire('é'), 'é');
    assert.equal(fromWire('日本'), '日本');
  });

  it('comes back as it went', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.equal(fromWire(toWire(text)), text);
      }),
    );
  });
});
