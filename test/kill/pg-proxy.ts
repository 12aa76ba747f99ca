import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A named statement with its values, as it is about to be run or has been run. */
export interface SeenStatement {
  readonly name: string;
  /** As text; null for NULL. */
  readonly values: readonly (string | null)[];
  /** `before`: on its way to PostgreSQL. `after`: it is durable. */
  readonly moment: 'before' | 'after';
}

/** Stands between a server and its PostgreSQL and sees the statements that the server names. */
export interface PgProxy {
  readonly port: number;
  /**
   * Asked at every moment of every named statement, until the function that it answers is called. For true, the
   * connection stands still from then on: nothing of this moment reaches the other side.
   */
  watch(watcher: (seen: SeenStatement) => boolean): () => void;
  close(): Promise<void>;
}

/** Starts a proxy in front of a PostgreSQL on this machine; it may go away and come back. */
export async function startPgProxy(postgresPort: number): Promise<PgProxy> {
  const watchers = new Set<(seen: SeenStatement) => boolean>();
  const sockets = new Set<Socket>();
  const stops = (seen: SeenStatement): boolean =>
    [...watchers].map((watcher) => watcher(seen)).includes(true);
  const server = createServer((client) => {
    const upstream = connect(postgresPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      // Whoever goes away takes the other with it.
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    relay(client, upstream, stops);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port was given');
  return {
    port: address.port,
    watch: (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** One connection. PostgreSQL's messages are a letter, a length of four bytes that counts itself, and the rest. */
function relay(client: Socket, upstream: Socket, stops: (seen: SeenStatement) => boolean): void {
  /** Frozen: nothing passes any more. */
  let frozen = false;
  const isFrozen = (): boolean => frozen;
  /** What the transaction of this connection has run. */
  let open: Omit<SeenStatement, 'moment'>[] = [];
  // The first message of a client has no letter.
  client.on(
    'data',
    splitter(0, (message) => {
      if (isFrozen()) return;
      const kind = message.length > 0 ? String.fromCharCode(message[0] ?? 0) : '';
      if (kind === 'B') {
        const bound = readBind(message);
        if (bound.name !== '') {
          if (stops({ ...bound, moment: 'before' })) frozen = true;
          open.push(bound);
        }
      }
      if (!isFrozen()) upstream.write(message);
    }),
  );
  upstream.on(
    'data',
    splitter(1, (message) => {
      if (isFrozen()) return;
      // ReadyForQuery, outside of a transaction: what was run is durable.
      if (message[0] === 0x5a && message[5] === 0x49) {
        // Every watcher sees every statement: no short cut.
        if (open.map((one) => stops({ ...one, moment: 'after' })).includes(true)) frozen = true;
        open = [];
      }
      if (!isFrozen()) client.write(message);
    }),
  );
}

/** Cuts a stream into messages whose length begins after `letters` bytes; the first decides for itself alone. */
function splitter(letters: 0 | 1, take: (message: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  let before: number = letters;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= before + 4) {
      const size = before + rest.readUInt32BE(before);
      if (rest.length < size) return;
      const message = rest.subarray(0, size);
      rest = rest.subarray(size);
      before = 1;
      take(message);
    }
  };
}

/** The statement and the values of a Bind message. All values of this project travel as text. */
function readBind(message: Buffer): Omit<SeenStatement, 'moment'> {
  let i = message.indexOf(0, 5) + 1;
  const end = message.indexOf(0, i);
  const name = message.toString('utf8', i, end);
  i = end + 1;
  i += 2 + 2 * message.readUInt16BE(i);
  const values: (string | null)[] = [];
  const count = message.readUInt16BE(i);
  i += 2;
  for (let n = 0; n < count; n++) {
    const size = message.readInt32BE(i);
    i += 4;
    values.push(size < 0 ? null : message.toString('utf8', i, i + size));
    i += Math.max(0, size);
  }
  return { name, values };
}
