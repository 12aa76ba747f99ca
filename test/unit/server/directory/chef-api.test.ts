import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../../server/src/clock.ts';
import { makeChefApi } from '../../../../server/src/directory/chef-api.ts';
import { newKeyPair } from '../../../helpers/keys.ts';
import { until } from '../../../helpers/until.ts';

describe('calls to the Chef server', () => {
  it('ADDON B.4 open as many connections as ibrowse_max_sessions says, the others wait', async () => {
    const asked: ServerResponse[] = [];
    let sockets = 0;
    const chef = createServer((_, response) => asked.push(response));
    chef.on('connection', () => (sockets += 1));
    chef.listen(0, '127.0.0.1');
    await once(chef, 'listening');
    const { port } = chef.address() as AddressInfo;
    const api = makeChefApi(
      {
        url: `http://127.0.0.1:${port}`,
        signer: { userId: 'pivotal', key: newKeyPair().privateKey },
        chefVersion: '11.1.0',
        verifyTls: true,
        deadline: 5000,
        connections: 2,
      },
      systemClock,
    );
    const calls = Promise.all(['/a', '/b', '/c', '/d', '/e'].map((path) => api.get(path)));
    for (let answered = 0; answered < 5; answered += 1) {
      await until(
        'the next call',
        () => asked.length,
        (n) => (n > answered ? n : undefined),
      );
      assert.ok(asked.length <= answered + 2);
      asked[answered]?.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    }
    await calls;
    assert.equal(sockets, 2);
    await api.close();
    chef.close();
  });
});
