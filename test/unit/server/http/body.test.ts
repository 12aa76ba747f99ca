import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { readBody } from '../../../../server/src/http/body.ts';

const MB = Buffer.alloc(1_000_000);
const bodyOf = (megabytes: number): Readable => Readable.from(Array(megabytes).fill(MB));

describe('a body that is too long', () => {
  it('is read to its end, so that another request can follow', async () => {
    const stream = bodyOf(3);
    const judged = await readBody(stream, 1_000_000, 'POST');
    assert.ok(judged?.ok === false);
    assert.equal(judged.answer.status, 413);
    assert.equal(judged.answer.headers?.['connection'], undefined);
    assert.ok(stream.readableEnded);
  });

  it('ends the connection where the rest of it is not read', async () => {
    const stream = bodyOf(40);
    const judged = await readBody(stream, 1_000_000, 'POST');
    assert.ok(judged?.ok === false);
    assert.equal(judged.answer.status, 413);
    assert.equal(judged.answer.headers?.['connection'], 'close');
    assert.ok(!stream.readableEnded && stream.destroyed);
  });
});
