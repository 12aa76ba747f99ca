import assert from 'node:assert/strict';
import { startApi } from '../../../helpers/api.ts';

describe('an answer that takes too long', () => {
  it('is 503 with a sentence, and logged', async () => {
    const api = await startApi({}, (app) => {
      app.get('/slow', { handlerTimeout: 20 }, () => new Promise(() => undefined));
    });
    try {
      const { status, body } = await api.send({ path: '/slow' });
      assert.equal(status, 503);
      assert.equal(body, '{"error":["The answer took too long. Try again later."]}');
      assert.ok(api.logged.some(({ message }) => message === 'request took too long'));
    } finally {
      await api.close();
    }
  });
});
