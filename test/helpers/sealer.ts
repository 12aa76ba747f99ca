import { randomFillSync } from 'node:crypto';
import type { Sealer } from '../../server/src/db/sealer.ts';
import { allocateLocked, lockSecret } from '../../server/src/secrets/locked-memory.ts';
import { openWith, sealWith } from '../../server/src/secrets/sealing.ts';

/** Seals and opens for real, with a key of its own. */
export function makeTestSealer(id: number): Sealer {
  const key = { id, secret: lockSecret(randomFillSync(allocateLocked(32))) };
  return {
    seal: (plain) => sealWith(key, plain),
    open: (keyId, bytes) => openWith([key], keyId, bytes),
  };
}

/** For tests that do not care. */
export const sealer = makeTestSealer(7);
