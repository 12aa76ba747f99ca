import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, connect } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import {
  openConnections,
  proxyFor,
  wholeOf,
  type Connections,
} from '../../../knife-bridge/src/connection.ts';
import { startFakePushServer } from '../../helpers/fake-push-server.ts';

const url = new URL('https://chef.example.com/organizations/acme');

/** Connections, without a proxy, to a server that begins to listen. */
async function openTo(server: Server): Promise<Connections> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return openConnections(new URL(`http://127.0.0.1:${port}`), { rejectUnauthorized: true }, {});
}

describe('proxyFor', () => {
  it('takes the proxy of the scheme', () => {
    const proxies = { http: 'http://one:1', https: 'http://two:2' };
    assert.equal(proxyFor(url, proxies), 'http://two:2');
    assert.equal(proxyFor(new URL('http://chef/'), proxies), 'http://one:1');
    assert.equal(proxyFor(url, { http: 'http://one:1' }), undefined);
    assert.equal(proxyFor(url, { https: '' }), undefined);
  });

  it('adds the scheme that a value lacks (ADDON F.2)', () => {
    assert.equal(proxyFor(url, { https: 'proxy:3128' }), 'https://proxy:3128');
  });

  it('leaves out the hosts of no_proxy, by their ending (ADDON F.2)', () => {
    const proxied = (none: string): boolean =>
      proxyFor(url, { https: 'http://p', none }) !== undefined;
    for (const none of [
      'chef.example.com',
      'example.com',
      '.example.com',
      '*.COM',
      'a, example.com',
      '*',
    ]) {
      assert.equal(proxied(none), false, none);
    }
    for (const none of ['', ',', 'chef', 'other.com']) assert.equal(proxied(none), true, none);
  });
});

describe('openConnections', () => {
  it('reaches the server through its proxy', async () => {
    const server = await startFakePushServer();
    const asked: string[] = [];
    const proxy = createServer((client) => {
      client.on('error', () => undefined);
      client.once('data', (head: Buffer) => {
        asked.push(head.toString().split('\r\n')[0]!);
        const behind = connect(Number(new URL(server.url).port), '127.0.0.1', () => {
          client.write('HTTP/1.1 200 OK\r\n\r\n');
          client.pipe(behind).pipe(client);
        });
        behind.on('error', () => client.destroy());
      });
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const target = new URL('http://chef.invalid/x');
    const open = openConnections(
      target,
      { rejectUnauthorized: true },
      { http: `http://127.0.0.1:${port}` },
    );
    try {
      const { statusCode, body } = await open.request({
        path: '/x',
        method: 'GET',
        headers: {},
        signal: new AbortController().signal,
      });
      await wholeOf(body);
      assert.equal(statusCode, 404);
      assert.deepEqual(asked, ['CONNECT chef.invalid:80 HTTP/1.1']);
    } finally {
      await open.close();
      proxy.close();
      await server.close();
    }
  });

  it('reads an answer piece by piece over one connection, and says why the next one does not come', async () => {
    let connections = 0;
    const server = createHttpServer((request, response) => {
      if (request.url === '/cut') request.socket.destroy();
      else if (request.url === '/half') {
        response.write('half', () => request.socket.destroy());
      } else if (request.url === '/whole') response.end('whole');
    });
    server.on('connection', () => connections++);
    const open = await openTo(server);
    const stop = new AbortController();
    const get = async (path: string, headersTimeout?: number): Promise<string> => {
      const more = headersTimeout === undefined ? {} : { headersTimeout };
      const asked = { path, method: 'GET', headers: {}, signal: stop.signal, ...more } as const;
      return (await wholeOf((await open.request(asked)).body)).toString();
    };
    try {
      for (let i = 0; i < 2; i++) assert.equal(await get('/whole'), 'whole');
      assert.equal(connections, 1);
      await assert.rejects(get('/cut'), { code: 'UND_ERR_SOCKET' });
      await assert.rejects(get('/half'), { code: 'UND_ERR_SOCKET' });
      await assert.rejects(get('/silent', 20), { code: 'UND_ERR_HEADERS_TIMEOUT' });
      const silent = get('/silent');
      stop.abort(new Error('enough'));
      await assert.rejects(silent, /enough/);
    } finally {
      await open.close();
      server.closeAllConnections();
      server.close();
    }
  });

  it('does not take a request that waited for a connection for one that was never sent', async () => {
    const server = createHttpServer((request, response) => {
      if (request.url !== '/silent') setImmediate(() => response.end());
    });
    const open = await openTo(server);
    const signal = AbortSignal.timeout(1000);
    const get = async (path: string): Promise<void> => {
      const asked = { path, method: 'GET', headers: {}, signal, headersTimeout: 50 } as const;
      await wholeOf((await open.request(asked)).body);
    };
    try {
      const all = Promise.all([get('/1'), get('/2'), get('/silent')]);
      await assert.rejects(all, { code: 'UND_ERR_HEADERS_TIMEOUT' });
    } finally {
      await open.close();
      server.closeAllConnections();
      server.close();
    }
  });

  it('takes an answer that changes the protocol, which nobody asked for, for the end of the connection', async () => {
    const server = createServer((client) => {
      client.on('error', () => undefined);
      client.once('data', () => {
        client.write('HTTP/1.1 101 Other\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n');
      });
    });
    const open = await openTo(server);
    const { signal } = new AbortController();
    const asked = { path: '/', method: 'GET', headers: {}, signal } as const;
    try {
      await assert.rejects(open.request(asked), { code: 'UND_ERR_SOCKET' });
    } finally {
      await open.close();
      server.close();
    }
  });
});
