import assert from 'node:assert/strict';
import { eventsOf } from '../../../../client/src/link/socket-events.ts';

describe('the events of a socket', () => {
  const failing = (times: number, code: string): { readonly events: string } => {
    let left = times;
    return {
      get events() {
        if (left-- > 0) throw Object.assign(new Error('it fails'), { code });
        return 'events';
      },
    };
  };

  it('are asked for again where a signal came between', () => {
    assert.equal(eventsOf(failing(0, 'EINTR')), 'events');
    assert.equal(eventsOf(failing(9, 'EINTR')), 'events');
  });

  it('are not asked for without end, nor after anything else', () => {
    assert.throws(() => eventsOf(failing(10, 'EINTR')), { code: 'EINTR' });
    assert.throws(() => eventsOf(failing(1, 'EMFILE')), { code: 'EMFILE' });
  });
});
