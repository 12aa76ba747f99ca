import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { capture } from '../../../../client/src/process/capture.ts';

async function feed(limit: number, chunks: string[]) {
  const stream = new PassThrough();
  const captured = capture(stream, limit);
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await captured.ended;
  const { head, tail, lost } = captured.result();
  return { head: head.toString(), tail: tail.toString(), lost };
}

describe('capture', () => {
  it('keeps everything up to its limit in the head', async () => {
    assert.deepEqual(await feed(6, ['abc', 'def']), { head: 'abcdef', tail: '', lost: 0 });
  });
  it('keeps what follows in the tail', async () => {
    assert.deepEqual(await feed(4, ['abcdef', 'gh']), { head: 'abcd', tail: 'efgh', lost: 0 });
  });
  it('keeps the last bytes alone and counts the others', async () => {
    assert.deepEqual(await feed(3, ['abc', 'def', 'ghi', 'jkl', 'm']), {
      head: 'abc',
      tail: 'klm',
      lost: 7,
    });
  });
  it('keeps a bounded amount of a stream that never ends', async () => {
    const stream = new PassThrough();
    const captured = capture(stream, 1000);
    for (let i = 0; i < 2000; i++) {
      if (!stream.write(Buffer.alloc(1000, i)))
        await new Promise((resolve) => stream.once('drain', resolve));
    }
    captured.stop();
    await captured.ended;
    const { head, tail, lost } = captured.result();
    assert.equal(head.length, 1000);
    assert.equal(tail.length, 1000);
    assert.ok(lost > 1_900_000);
  });
  it('ends with a stream that breaks', async () => {
    const stream = new PassThrough();
    const captured = capture(stream, 10);
    stream.destroy(new Error('broken'));
    await captured.ended;
    assert.equal(captured.result().head.length, 0);
  });
});
