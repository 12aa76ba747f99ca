// The limit program's nodes: bare DEALERs with CURVE, and bare SUBs, that answer without reading or signing.
import { setTimeout as sleep } from 'node:timers/promises';
import { context, curveKeyPair, Dealer, Subscriber } from 'zeromq';
import { serve } from '../worker.ts';
import type { BareServer } from './router.ts';

/** What a process of bare nodes is asked to be. */
export interface BareNodes extends BareServer {
  readonly count: number;
  /** Frames as long as an agent's own. */
  readonly heartbeat: readonly Buffer[];
  readonly vote: readonly Buffer[];
  readonly start: readonly Buffer[];
  readonly end: readonly Buffer[];
  /** Bytes above which a message is a commit. */
  readonly commitAbove: number;
}

context.maxSockets = 60_000;
const dealers: Dealer[] = [];
let beat: (dealer: Dealer) => void = () => undefined;

serve({
  start: async (about: BareNodes) => {
    const curve = curveKeyPair();
    beat = (dealer) => void dealer.send([...about.heartbeat]);
    for (let i = 0; i < about.count; i++) {
      const dealer = new Dealer({
        linger: 0,
        curveServerKey: about.serverKey,
        curvePublicKey: curve.publicKey,
        curveSecretKey: curve.secretKey,
      });
      dealer.connect(about.commands);
      dealers.push(dealer);
      void answer(dealer, about);
      const subscriber = new Subscriber({ linger: 0 });
      subscriber.subscribe();
      subscriber.connect(about.broadcasts);
      void hear(subscriber);
      beat(dealer);
      // So that the other side accepts while this one connects.
      if (i % 50 === 49) await sleep(20);
    }
  },
  /** Each sends one heartbeat a second from now on, evenly over it. */
  beat: () => {
    dealers.forEach((dealer, i) => {
      setTimeout(
        () => {
          setInterval(() => {
            beat(dealer);
          }, 1000);
        },
        (1000 * i) / dealers.length,
      );
    });
  },
});

async function answer(dealer: Dealer, { vote, start, end, commitAbove }: BareNodes): Promise<void> {
  for await (const frames of dealer) {
    const size = frames.reduce((sum, { length }) => sum + length, 0);
    if (size > commitAbove) await dealer.send([...vote]);
    else {
      await dealer.send([...start]);
      await dealer.send([...end]);
    }
  }
}

async function hear(subscriber: Subscriber): Promise<void> {
  for await (const frames of subscriber) if (frames.length === 0) return;
}
