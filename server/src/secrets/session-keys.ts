import { hkdfSync } from 'node:crypto';
import { SESSION_KEY_BYTES } from '@pushy/protocol';
import type { LockedSecret } from './locked-memory.ts';

const PURPOSE = Buffer.from('pushy session key');

/** Keys by organization and node: two look-ups, and no text is made of both for each message. */
interface Generation {
  readonly orgs: Map<string, Map<string, Buffer>>;
  size: number;
}

/**
 * Derives the key of each node (REFERENCE 15.3) from the master: the same after every restart, another one for
 * another organization, node or epoch. Keeps the last `capacity / 2` of them at least, `capacity` at most.
 */
export function makeSessionKeys(
  master: LockedSecret,
  epoch: number,
  capacity: number,
): (orgId: string, node: string) => Buffer {
  let young: Generation = { orgs: new Map(), size: 0 };
  let old = young;

  function put(orgId: string, node: string, key: Buffer): void {
    if (young.size >= capacity / 2) {
      old = young;
      young = { orgs: new Map(), size: 0 };
    }
    const ofOrg = young.orgs.get(orgId) ?? new Map<string, Buffer>();
    young.orgs.set(orgId, ofOrg.set(node, key));
    young.size += 1;
  }

  return (orgId, node) => {
    const known = young.orgs.get(orgId)?.get(node);
    if (known !== undefined) return known;
    const key = old.orgs.get(orgId)?.get(node) ?? derive(master, epoch, orgId, node);
    put(orgId, node, key);
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
