import assert from 'node:assert/strict';
import { parseCapabilities } from '@pushy/protocol';

describe('The capabilities of an agent (Decision 5)', () => {
  it('are those that are known, once each, whatever stands between them', () => {
    assert.deepEqual(parseCapabilities('result_ack'), ['result_ack']);
    assert.deepEqual(parseCapabilities(' flight ,result_ack,,result_ack'), ['result_ack']);
    assert.deepEqual(parseCapabilities('run_timeout,result_ack'), ['result_ack', 'run_timeout']);
  });

  it('are none for an empty text and for others alone', () => {
    assert.deepEqual(parseCapabilities(''), []);
    assert.deepEqual(parseCapabilities('RESULT_ACK,result-ack'), []);
  });
});
