import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { makeFeedDecoder, type FeedItem } from '@pushy/protocol';
import { signRequest, type Signer } from 'mixlib-authentication-ts';

/** A feed as it comes over a connection of its own. */
export interface FeedConnection {
  status: number;
  headers: IncomingHttpHeaders;
  /** What has come so far. */
  text(): string;
  /** Resolves with what has come as soon as it matches; rejects when the feed ends before, or takes too long. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves with everything when the server has ended the feed; rejects when the connection broke. */
  ended(): Promise<string>;
  close(): void;
}

/** Milliseconds. */
const PATIENCE = 20_000;

/** Asks for a feed as a client does. */
export async function openFeed(
  signer: Signer,
  what: { port: number; path: string; headers?: Readonly<Record<string, string>> },
): Promise<FeedConnection> {
  const { port, path } = what;
  const signed = signRequest({ method: 'GET', path, body: '' }, signer, Date.now());
  const headers = { ...signed, accept: 'text/event-stream', ...what.headers };
  const req = request({ host: '127.0.0.1', port, path, headers, agent: false });
  req.end();
  const [response] = (await once(req, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  const listeners = new Set<() => void>();
  let over: 'no' | 'ended' | 'broken' = 'no';
  const changed = (): void => {
    for (const listener of [...listeners]) listener();
  };
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    changed();
  });
  response.on('end', () => {
    over = 'ended';
    changed();
  });
  response.on('error', () => {
    over = 'broken';
    changed();
  });
  const text = (): string => Buffer.concat(chunks).toString();

  function wait(what: string, done: () => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const finish = (error?: string): void => {
        clearTimeout(timer);
        listeners.delete(look);
        if (error === undefined) resolve(text());
        else reject(new Error(`${error} before ${what}; it says ${JSON.stringify(text())}`));
      };
      const look = (): void => {
        if (done()) finish();
        else if (over !== 'no') finish(`the feed has ${over}`);
      };
      const timer = setTimeout(() => {
        finish(`${PATIENCE} ms passed`);
      }, PATIENCE);
      listeners.add(look);
      look();
    });
  }

  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    until: (pattern) => wait(String(pattern), () => pattern.test(text())),
    ended: () => wait('its end', () => over === 'ended'),
    close: () => req.destroy(),
  };
}

/** An event of a feed, its data read. */
export interface ReadEvent {
  name: string;
  id: string;
  timestamp: string;
  data: Record<string, unknown>;
}

/** The events in what a feed has said. */
export function eventsIn(text: string): ReadEvent[] {
  const decoder = makeFeedDecoder();
  const items: FeedItem[] = [...decoder.push(Buffer.from(text)), ...decoder.end()];
  return items.flatMap((item) => {
    if (item.kind !== 'event') return [];
    const { timestamp, ...data } = JSON.parse(item.data) as { timestamp: string };
    return [{ name: item.name, id: item.id, timestamp, data }];
  });
}

/** Events, short: `quorum_vote(a success)`. */
export function shortly(text: string): string[] {
  return eventsIn(text).map(({ name, data }) => {
    if (name === 'start' || name === 'summary') return name;
    const inside = [data['node'], data['status']].filter((word) => typeof word === 'string');
    return inside.length === 0 ? name : `${name}(${inside.join(' ')})`;
  });
}
