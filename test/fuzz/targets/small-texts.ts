import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatHttpDate, parseHttpDate } from '@pushy/protocol';
import { makeJobId } from '../../../server/src/dispatcher/job-id.ts';
import { accepts } from '../../../server/src/http/accept.ts';
import { ownAddress } from '../../../server/src/http/own-address.ts';
import { routerUrl } from '../../../server/src/http/routing.ts';
import { decodeZ85, encodeZ85 } from '../../../server/src/zmq/z85.ts';
import { hostileTextNear } from '../hostile.ts';
import { makeTarget, type FuzzTarget } from '../target.ts';

const ALPHABET =
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
const z85 = fc
  .array(fc.constantFrom(...Array.from(ALPHABET)), { maxLength: 45 })
  .map((c) => c.join(''));

/** Parsers of one short text: Z85 (ccpk), dates, Accept, forwarded addresses, request targets, job ids. */
export function smallTextsTarget(): FuzzTarget {
  return makeTarget<string>({
    name: 'short texts',
    share: 15,
    inputs: fc.oneof(
      hostileTextNear([
        'Tue, 04 Sep 2012 23:01:02 GMT',
        'Tuesday, 04-Sep-12 23:01:02 GMT',
        'text/html;q=0.5, application/json;q=0, */*',
        'chef.example.com:443, proxy',
        '//organizations/acme//pushy/jobs/?limit=1',
      ]),
      z85,
    ),
    corpus: ['%'.repeat(40), '#'.repeat(40), '0'.repeat(40), 'é'.repeat(40), ',;q='.repeat(10_000)],
    check: checkText,
  });
}

function checkText(text: string): void {
  const bytes = decodeZ85(text);
  if (bytes !== undefined) assert.equal(encodeZ85(bytes), text);
  const date = parseHttpDate(text);
  if (date !== undefined) assert.equal(parseHttpDate(formatHttpDate(date)), date);
  accepts(text, 'application/json');
  const address = ownAddress({ 'x-forwarded-proto': text, 'x-forwarded-host': text }, 'fallback');
  assert.match(address, /^https?:\/\//);
  const url = routerUrl(text);
  assert.ok(url.startsWith('/'));
  const [path = ''] = url.split('?', 1);
  assert.ok(!path.includes('//') && !path.includes('#'));
  assert.match(makeJobId(text, Buffer.from(text)), /^[0-9a-f]{32}$/);
}
