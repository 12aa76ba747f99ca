import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import {
  formatTimestamp,
  parseTimestamp,
} from '../../../mixlib-authentication-ts/src/timestamp.ts';

const anyTime = fc.integer({ min: 0, max: 253_402_300_799 }).map((seconds) => seconds * 1000);

describe('The timestamp of a request', () => {
  it('is written as ISO 8601 in UTC with whole seconds', () => {
    assert.equal(formatTimestamp(0), '1970-01-01T00:00:00Z');
    assert.equal(formatTimestamp(1_767_323_045_999), '2026-01-02T03:04:05Z');
    assert.equal(formatTimestamp(-1), '1969-12-31T23:59:59Z');
  });

  it('is written and read as the calendar of the platform does', () => {
    fc.assert(
      fc.property(anyTime, (ms) => {
        const text = new Date(ms).toISOString().replace('.000Z', 'Z');
        assert.equal(formatTimestamp(ms), text);
        assert.equal(parseTimestamp(text), ms);
      }),
      { numRuns: 2000 },
    );
  });

  it('holds at every end of a month and every leap day of four centuries', () => {
    for (let month = 0; month < 12 * 401; month++) {
      const lastDay = Date.UTC(1900, month + 1, 0, 23, 59, 59);
      const text = new Date(lastDay).toISOString().replace('.000Z', 'Z');
      assert.equal(formatTimestamp(lastDay), text);
      assert.equal(parseTimestamp(text), lastDay);
      const dayAfter = text.replace(/-(\d\d)T/, (_, day) => `-${Number(day) + 1}T`);
      assert.equal(parseTimestamp(dayAfter), undefined, dayAfter);
    }
  });

  const accepted: Record<string, string> = {
    'without the Z (4.2: six integers, split on - T : Z)': '2026-01-02T03:04:05',
    'with short numbers': '2026-1-2T3:4:5Z',
    'with other of the four characters between them': '2026:01:02-03-04-05Z',
  };
  for (const [title, text] of Object.entries(accepted)) {
    it(`4.2 is read ${title}`, () => {
      assert.equal(parseTimestamp(text), Date.UTC(2026, 0, 2, 3, 4, 5));
    });
  }

  const refused: Record<string, string> = {
    'an empty text': '',
    'separators alone': '--TT::Z',
    words: 'yesterday',
    'an RFC 1123 date': 'Fri, 02 Jan 2026 03:04:05 GMT',
    'fractional seconds': '2026-01-02T03:04:05.5Z',
    'an offset': '2026-01-02T03:04:05+00:00',
    'five integers': '2026-01-02T03:04Z',
    'seven integers': '2026-01-02T03:04:05:06Z',
    'a space': '2026-01-02T03:04: 5Z',
    'digits of another script': '2026-01-02T03:04:٠٥Z',
    'month 0': '2026-00-02T03:04:05Z',
    'month 13': '2026-13-02T03:04:05Z',
    'day 0': '2026-01-00T03:04:05Z',
    '29 February of a common year': '2026-02-29T03:04:05Z',
    'hour 24': '2026-01-02T24:04:05Z',
    'minute 60': '2026-01-02T03:60:05Z',
    'second 60': '2026-01-02T03:04:60Z',
    'a number too long to be one': '2026-01-02T03:04:0000000005Z',
  };
  for (const [title, text] of Object.entries(refused)) {
    it(`4.2 is refused: ${title}`, () => {
      assert.equal(parseTimestamp(text), undefined);
    });
  }

  it('never makes the reader throw', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('0123456789-T:Z.+ ')) }),
        (text) => {
          const ms = parseTimestamp(text);
          assert.ok(ms === undefined || Number.isInteger(ms));
        },
      ),
    );
  });
});
