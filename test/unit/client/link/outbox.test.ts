import assert from 'node:assert/strict';
import { makeOutbox, type Draft } from '../../../../client/src/link/outbox.ts';
import { turn } from '../../../helpers/fake-clock.ts';

const draft = (type: string, id = 0): Draft => ({
  type,
  members: { id },
  ...(type === 'heartbeat' ? { key: type } : {}),
});

/** An outbox whose sends end when the test says so. */
function start() {
  const sending: { draft: Draft; ok: () => void; fail: (why: string) => void }[] = [];
  const failures: string[] = [];
  const warnings: string[] = [];
  const outbox = makeOutbox({
    send: (sent) =>
      new Promise((resolve, reject) => {
        sending.push({
          draft: sent,
          ok: resolve,
          fail: (why) => {
            reject(new Error(why));
          },
        });
      }),
    onFailure: (why) => failures.push(why),
    log: { warn: (_fields, message) => warnings.push(message) },
  });
  const types = (): string[] => sending.map((s) => s.draft.type);
  return { outbox, sending, failures, warnings, types };
}

describe('outbox', () => {
  it('sends one message at a time, in order', async () => {
    const { outbox, sending, types } = start();
    outbox.post(draft('a'));
    outbox.post(draft('b'));
    assert.deepEqual(types(), ['a']);
    sending[0]?.ok();
    await turn();
    assert.deepEqual(types(), ['a', 'b']);
    assert.equal(outbox.waiting, 1);
  });
  it('keeps the newest waiting heartbeat alone', async () => {
    const { outbox, sending } = start();
    for (const id of [1, 2, 3]) outbox.post(draft('heartbeat', id));
    assert.equal(outbox.waiting, 2);
    sending[0]?.ok();
    await turn();
    assert.deepEqual(
      sending.map((s) => s.draft.members['id']),
      [1, 3],
    );
  });
  it('says of a message that it went out, once it did', async () => {
    const { outbox, sending } = start();
    const sent: number[] = [];
    outbox.post({ ...draft('succeeded'), onSent: () => sent.push(1) });
    sending[0]?.fail('no connection');
    await turn();
    assert.deepEqual(sent, []);
    outbox.resume();
    sending[1]?.ok();
    await turn();
    assert.deepEqual(sent, [1]);
  });
  it('keeps a message that did not go out, and sends it when the sockets are opened again', async () => {
    const { outbox, sending, failures, types } = start();
    outbox.post(draft('succeeded'));
    sending[0]?.fail('no connection');
    await turn();
    assert.deepEqual(failures, ['no connection']);
    outbox.post(draft('heartbeat'));
    assert.deepEqual(types(), ['succeeded']);
    outbox.resume();
    await turn();
    assert.deepEqual(types(), ['succeeded', 'succeeded']);
    sending[1]?.ok();
    await turn();
    assert.deepEqual(types(), ['succeeded', 'succeeded', 'heartbeat']);
  });
  it('sends again, and calls it no failure, what the closing of the old sockets took with it', async () => {
    const { outbox, sending, failures, types } = start();
    outbox.post(draft('succeeded'));
    outbox.resume();
    sending[0]?.fail('closed');
    await turn();
    assert.deepEqual(failures, []);
    assert.deepEqual(types(), ['succeeded', 'succeeded']);
  });
  it('is bounded: the oldest message that waits is dropped, with a warning', async () => {
    const { outbox, sending, warnings } = start();
    for (let id = 0; id < 150; id++) outbox.post(draft('nack_commit', id));
    assert.equal(outbox.waiting, 100);
    assert.equal(warnings.length, 50);
    sending[0]?.ok();
    await turn();
    assert.equal(sending[1]?.draft.members['id'], 51);
  });
});
