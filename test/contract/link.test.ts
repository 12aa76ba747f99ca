import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { formatHttpDate, seal } from '@pushy/protocol';
import { makeLink, newCurveKeys } from '@pushy/client';
import { systemClock } from '../../client/src/clock.ts';
import type { Link, LinkEvent } from '../../client/src/link.ts';
import { startScriptedServer, type ScriptedServer } from '../helpers/scripted-server.ts';
import { makeLeanLink } from '../helpers/zmtp/lean-link.ts';

const intervalMs = 200;
/** Milliseconds in which nothing more may come. */
const QUIET_MS = 1_500;
/** In which both sockets try to connect again at least twice: they wait for half of an interval at most. */
const AWAY_MS = 2 * intervalMs;

/** Passes bytes on until it is told to swallow them. */
async function startRelay(to: string) {
  const target = { host: '127.0.0.1', port: Number(new URL(to).port) };
  const sockets = new Set<Socket>();
  let isDeaf = false;
  const relay = createServer((near) => {
    const far = connect(target);
    for (const [from, onto] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (!isDeaf) onto.write(bytes);
      });
      from.on('close', () => onto.destroy());
      from.on('error', () => undefined);
    }
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const { port } = relay.address() as AddressInfo;
  return {
    address: `tcp://127.0.0.1:${port}`,
    set isDeaf(value: boolean) {
      isDeaf = value;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => relay.close(resolve));
    },
  };
}

/** What an agent learns from its link while one server does this and that. */
async function play(link: Link): Promise<string[]> {
  const server: ScriptedServer = await startScriptedServer({ interval: intervalMs / 1000 });
  const { commandAddress, broadcastAddress, curveKey } = server.addresses();
  const relay = await startRelay(commandAddress);
  const curve = { ...newCurveKeys(), serverKey: curveKey };
  const end = new AbortController();
  const seen: string[] = [];
  const reached: LinkEvent[] = [];
  let changed = (): void => undefined;
  const reading = (async () => {
    for await (const event of link.events(end.signal)) {
      if (event.kind === 'reached') {
        reached.push(event);
        changed();
        continue;
      }
      const words = wordsOf(event);
      // The broadcast comes for ever.
      if (event.kind !== 'broadcast' || !seen.includes(words)) seen.push(words);
      changed();
    }
  })();
  const until = async (count: number): Promise<void> => {
    while (seen.length < count) await new Promise<void>((resolve) => (changed = resolve));
  };
  const nothingMore = async (): Promise<void> => {
    const { length } = seen;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    assert.deepEqual(seen.slice(length), []);
  };
  const target = {
    commandAddress,
    broadcastAddress,
    curve,
    intervalMs,
    answersPings: true,
  };
  const say = async (text: string): Promise<void> => {
    const body = { type: 'heartbeat', timestamp: formatHttpDate(Date.now()), text };
    await link.send(seal(body, { hmac_sha256: server.state.sessionKey }));
    seen.push(`server heard ${String((await server.next('heartbeat')).body['text']).length}`);
  };
  try {
    link.open(target);
    await until(2);
    seen.sort();
    for (const text of ['', 'short', 'x'.repeat(200), 'x'.repeat(60_000)]) await say(text);
    await server.send({ type: 'abort' });
    await server.send({ type: 'commit', command: 'x'.repeat(100_000) });
    await until(8);
    server.closeSockets();
    await until(9);
    assert.deepEqual(reached, []);
    await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
    await server.openSockets();
    await until(10);
    // Both sockets have found nobody in between, and then somebody.
    while (reached.length < 2) await new Promise<void>((resolve) => (changed = resolve));
    // Not before: libzmq may give what is sent at once to the connection that it is about to drop.
    await say('when it is there');
    // Nothing is lost by a link that only waits: its pings keep it.
    await nothingMore();
    server.state.isAdmitting = false;
    server.closeSockets();
    await server.openSockets();
    await until(13);
    await nothingMore();
    server.state.isAdmitting = true;
    relay.isDeaf = true;
    link.open({ ...target, commandAddress: relay.address });
    await until(14);
    relay.isDeaf = false;
    await until(15);
    relay.isDeaf = true;
    await until(16);
    relay.isDeaf = false;
    await until(17);
    link.close();
    await assert.rejects(link.send([Buffer.alloc(1), Buffer.alloc(1)]));
    return seen;
  } finally {
    link.close();
    end.abort();
    await reading;
    await relay.close();
    await server.close();
  }
}

function wordsOf(event: Exclude<LinkEvent, { kind: 'reached' }>): string {
  if (event.kind === 'connected') return `connected ${event.isAgain ? 'again' : 'first'}`;
  if (event.kind === 'refused') {
    return `refused ${event.isDenied ? 'by ZAP' : ''}${event.isLate ? 'by the clock' : ''}`;
  }
  if (event.kind === 'lost') return 'lost';
  const [header, body] = event.frames;
  const { type } = JSON.parse(body?.toString() ?? '') as { type: string };
  return `${event.kind} ${type} of ${event.frames.length} frames, ${(header?.length ?? 0) > 0 ? 'signed' : ''}`;
}

describe('the link of a simulated agent', function () {
  this.timeout(40_000);

  it('sees of one server what the link over libzmq sees', async () => {
    const expected = [
      'broadcast heartbeat of 2 frames, signed',
      'connected first',
      'server heard 0',
      'server heard 5',
      'server heard 200',
      'server heard 60000',
      'command abort of 2 frames, signed',
      'command commit of 2 frames, signed',
      'lost',
      'connected again',
      'server heard 16',
      'lost',
      'refused by ZAP',
      'refused by the clock',
      'connected first',
      'lost',
      'connected again',
    ];
    const log = { warn: () => undefined };
    const real = makeLink({ log, clock: systemClock, random: Math.random });
    const seen = await Promise.all([play(real), play(makeLeanLink())]);
    assert.deepEqual(seen, [expected, expected]);
  });
});
