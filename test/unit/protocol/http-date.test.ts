import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { formatHttpDate, parseHttpDate } from '@pushy/protocol';

const TIME = Date.UTC(2012, 8, 4, 23, 1, 2);

describe('An HTTP date', () => {
  it('10 is written in RFC 1123 form with whole seconds', () => {
    assert.equal(formatHttpDate(TIME), 'Tue, 04 Sep 2012 23:01:02 GMT');
    assert.equal(formatHttpDate(TIME + 999), 'Tue, 04 Sep 2012 23:01:02 GMT');
  });

  it('comes back as it went', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
        assert.equal(parseHttpDate(formatHttpDate(seconds * 1000)), seconds * 1000);
      }),
    );
  });

  it('15.4 is read in RFC 850 form as well', () => {
    assert.equal(parseHttpDate('Tuesday, 04-Sep-12 23:01:02 GMT'), TIME);
    assert.equal(parseHttpDate('Thursday, 01-Jan-70 00:00:00 GMT'), 0);
    assert.equal(
      parseHttpDate('Friday, 31-Dec-69 23:59:59 GMT'),
      Date.UTC(2069, 11, 31, 23, 59, 59),
    );
  });

  it('is read with a wrong weekday', () => {
    assert.equal(parseHttpDate('Mon, 04 Sep 2012 23:01:02 GMT'), TIME);
  });

  const refused: Record<string, string> = {
    'an empty text': '',
    'ISO 8601 (15.4)': '2012-09-04T23:01:02Z',
    'the C form': 'Tue Sep  4 23:01:02 2012',
    'another zone': 'Tue, 04 Sep 2012 23:01:02 UTC',
    'an offset': 'Tue, 04 Sep 2012 23:01:02 +0000',
    'no weekday': '04 Sep 2012 23:01:02 GMT',
    'another language': 'Die, 04 Sep 2012 23:01:02 GMT',
    'lower case': 'tue, 04 sep 2012 23:01:02 gmt',
    'one digit': 'Tue, 4 Sep 2012 23:01:02 GMT',
    'something after it': 'Tue, 04 Sep 2012 23:01:02 GMT\n',
    'something before it': ' Tue, 04 Sep 2012 23:01:02 GMT',
    '31 February': 'Fri, 31 Feb 2012 23:01:02 GMT',
    '29 February of a common year': 'Tue, 29 Feb 2011 23:01:02 GMT',
    'day 0': 'Tue, 00 Sep 2012 23:01:02 GMT',
    'day 32': 'Tue, 32 Sep 2012 23:01:02 GMT',
    'hour 24': 'Tue, 04 Sep 2012 24:00:00 GMT',
    'minute 60': 'Tue, 04 Sep 2012 23:60:02 GMT',
    'second 60': 'Tue, 04 Sep 2012 23:01:60 GMT',
    'a year of two digits in disguise': 'Tue, 04 Sep 0012 23:01:02 GMT',
    'an RFC 850 day that does not exist': 'Friday, 31-Feb-12 23:01:02 GMT',
    'an RFC 850 date with a short weekday': 'Tue, 04-Sep-12 23:01:02 GMT',
  };
  for (const [title, text] of Object.entries(refused)) {
    it(`is not read: ${title}`, () => {
      assert.equal(parseHttpDate(text), undefined);
    });
  }
});
