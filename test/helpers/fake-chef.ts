import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { readSignedHeaders, verifyRequest } from 'mixlib-authentication-ts';
import type { Certificate } from './certificate.ts';
import { newKeyPair, type KeyPair } from './keys.ts';

/** What a page answers: a status with JSON, a text sent as it is, or nothing at all. */
export type Page =
  { status: number; json: unknown } | { status: number; text: string } | 'silence' | 'hang up';

/** Another program's API over a real socket: it speaks the shapes of ADDON E.3. */
export interface FakeChef {
  url: string;
  pages: Map<string, Page>;
  /** Raw request targets, in order. */
  asked: string[];
  /** Bodies of POSTs, in order. */
  posted: unknown[];
  /** What the last request said of itself. */
  last: IncomingMessage['headers'];
  superuser: KeyPair;
  close(): Promise<void>;
}

const superuser = newKeyPair();

/** Starts it, over TLS with a certificate. Every request must be signed by the superuser `pivotal`; others get 401. */
export async function startFakeChef(certificate?: Certificate): Promise<FakeChef> {
  const chef: Omit<FakeChef, 'close' | 'url'> = {
    pages: new Map(),
    asked: [],
    posted: [],
    last: {},
    superuser,
  };
  const listener = (req: IncomingMessage, res: ServerResponse): void => {
    void answer(req, res);
  };
  const server =
    certificate === undefined ? createServer(listener) : createTlsServer(certificate, listener);
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const path = req.url ?? '';
    chef.asked.push(path);
    chef.last = req.headers;
    const body = Buffer.concat((await req.toArray()) as Buffer[]);
    chef.posted.push(...(body.length === 0 ? [] : [JSON.parse(body.toString()) as unknown]));
    const page = isSigned(req, body, superuser) ? chef.pages.get(path) : { status: 401, json: {} };
    if (page === 'silence') return;
    if (page === 'hang up') {
      req.socket.destroy();
      return;
    }
    const { status, text } =
      page === undefined
        ? { status: 404, text: '{"error":["Object not found"]}' }
        : { status: page.status, text: 'text' in page ? page.text : JSON.stringify(page.json) };
    res.writeHead(status, { 'content-type': 'application/json' }).end(text);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(chef, {
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    close: () => closeServer(server),
  });
}

function isSigned(req: IncomingMessage, body: Buffer, { publicKey }: KeyPair): boolean {
  const signed = readSignedHeaders(req.headers, Date.now(), 900_000);
  if (!signed.ok || signed.value.userId !== 'pivotal') return false;
  const request = { method: req.method ?? '', path: req.url ?? '', body };
  return verifyRequest(signed.value, request, publicKey);
}

function closeServer(server: Pick<Server, 'close' | 'closeAllConnections'>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
