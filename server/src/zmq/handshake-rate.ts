import { makeTokenBuckets } from '../core/token-buckets.ts';

/** How often peers may shake hands with one socket. */
export interface HandshakeRate {
  /** Takes one handshake from this address (and this key, where there is one). */
  allows(peer: string, curveKey: Buffer | undefined, now: number): boolean;
}

/**
 * Of one key: an agent that comes back after every break of its network is far below it; one that loops is not.
 * What it takes is its own: nobody else waits for it.
 */
const PER_KEY = { rate: 1, burst: 20 };
/** Of one address: behind it there may be a whole site of nodes, all of which come back at once. */
const PER_ADDRESS = { rate: 1_000, burst: 15_000 };
/** Of all: twice what one thread of libzmq manages with CURVE. */
const IN_ALL = { rate: 4_000, burst: 30_000 };

/** Makes the bounds of one socket. Only peers that may connect at all count, so that no stranger uses them up. */
export function makeHandshakeRate(): HandshakeRate {
  const perKey = makeTokenBuckets(PER_KEY);
  const perAddress = makeTokenBuckets(PER_ADDRESS);
  const inAll = makeTokenBuckets(IN_ALL);
  return {
    allows: (peer, curveKey, now) =>
      (curveKey === undefined || perKey.take(curveKey.toString('latin1'), now)) &&
      perAddress.take(peer, now) &&
      inAll.take('', now),
  };
}
