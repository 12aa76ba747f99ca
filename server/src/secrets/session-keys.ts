import { hkdfSync } from 'node:crypto';
import { SESSION_KEY_BYTES } from '@pushy/protocol';
import type { LockedSecret } from './locked-memory.ts';

const PURPOSE = Buffer.from('pushy session key');

/**
 * Derives the key of each node (REFERENCE 15.3) from the master: the same after every restart, another one for
 * another organization, node or epoch. Keeps the last `capacity` of them.
 */
export function makeSessionKeys(
  master: LockedSecret,
  epoch: number,
  capacity: number,
): (orgId: string, node: string) => Buffer {
  /** The one that was used longest ago stands first. */
  const cache = new Map<string, Buffer>();
  return (orgId, node) => {
    const name = `${orgId.length}/${orgId}${node}`;
    const known = cache.get(name);
    const key = known ?? derive(master, epoch, orgId, node);
    cache.delete(name);
    cache.set(name, key);
    if (cache.size > capacity) {
      const [oldest] = cache.keys();
      cache.delete(oldest ?? name);
    }
    return key;
  };
}

function derive(master: LockedSecret, epoch: number, orgId: string, node: string): Buffer {
  const info = Buffer.concat([PURPOSE, uint32(epoch), counted(orgId), counted(node)]);
  const key = master.with((bytes) => hkdfSync('sha256', bytes, '', info, SESSION_KEY_BYTES));
  return Buffer.from(key);
}

/** A text with its length before it: no two pairs of texts give the same bytes. */
function counted(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
