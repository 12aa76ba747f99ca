// The limit program's server: a bare ROUTER with CURVE and a bare PUB. It reads and signs nothing.
import { context, curveKeyPair, Publisher, Router } from 'zeromq';
import { serve } from '../worker.ts';

/** The frames of the two messages that a node gets, as long as the server's own. */
export interface Orders {
  readonly commit: readonly Buffer[];
  readonly run: readonly Buffer[];
}

/** Where the limit program listens. */
export interface BareServer {
  readonly commands: string;
  readonly broadcasts: string;
  readonly serverKey: string;
}

context.maxSockets = 1_000;
const curve = curveKeyPair();
const router = new Router({
  linger: 0,
  mandatory: true,
  // Sends at once, as the server's own socket does.
  sendTimeout: 0,
  backlog: 4_096,
  curveServer: true,
  curveSecretKey: curve.secretKey,
  curvePublicKey: curve.publicKey,
});
const publisher = new Publisher({ linger: 0, sendTimeout: 0, backlog: 4_096 });
/** Everyone who has said something. */
const nodes = new Map<string, Buffer>();
let received = 0;
let onMessage = (): void => undefined;

async function read(): Promise<void> {
  for await (const [address] of router) {
    if (address === undefined) continue;
    received += 1;
    const name = address.toString('latin1');
    if (!nodes.has(name)) nodes.set(name, address);
    onMessage();
  }
}

function sendAll(frames: readonly Buffer[]): void {
  for (const address of nodes.values()) void router.send([address, ...frames]);
}

/** Resolves when so many messages more have come. */
function receive(count: number): Promise<void> {
  const wanted = received + count;
  return new Promise((resolve) => {
    onMessage = () => {
      if (received < wanted) return;
      onMessage = () => undefined;
      resolve();
    };
  });
}

serve({
  open: async (): Promise<BareServer> => {
    await router.bind('tcp://127.0.0.1:*');
    await publisher.bind('tcp://127.0.0.1:*');
    void read();
    const [commands, broadcasts] = [router.lastEndpoint ?? '', publisher.lastEndpoint ?? ''];
    return { commands, broadcasts, serverKey: curve.publicKey };
  },
  known: () => nodes.size,
  received: () => received,
  /** Commit to all, their answers, run to all, two answers of each: milliseconds. */
  job: async ({ commit, run }: Orders) => {
    const begun = performance.now();
    const votes = receive(nodes.size);
    sendAll(commit);
    await votes;
    const ends = receive(2 * nodes.size);
    sendAll(run);
    await ends;
    return performance.now() - begun;
  },
  /** One message to all subscribers each second. */
  broadcast: ({ frames }: { frames: readonly Buffer[] }) => {
    setInterval(() => void publisher.send([...frames]), 1000);
  },
});
