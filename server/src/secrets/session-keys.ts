import { hkdfSync } from 'node:crypto';
import { SESSION_KEY_BYTES } from '@pushy/protocol';
import type { LockedSecret } from './locked-memory.ts';

const PURPOSE = Buffer.from('pushy session key');

interface Known {
  readonly key: Buffer;
  readonly generation: number;
}

/** Keys by organization and node: two look-ups, and no text is made of both for each message. */
interface Half {
  readonly orgs: Map<string, Map<string, Known>>;
  size: number;
}

/**
 * Derives the key of each node (REFERENCE 15.3) from the master: the same after every restart, another one for
 * another organization, node or epoch, and for a node that was removed, whose `generation` is above 0 then. Keeps the
 * last `capacity / 2` of them at least, `capacity` at most.
 */
export function makeSessionKeys(
  master: LockedSecret,
  epoch: number,
  capacity: number,
): (orgId: string, node: string, generation: number) => Buffer {
  let young: Half = { orgs: new Map(), size: 0 };
  let old = young;

  function put(orgId: string, node: string, known: Known): void {
    if (young.size >= capacity / 2) {
      old = young;
      young = { orgs: new Map(), size: 0 };
    }
    const ofOrg = young.orgs.get(orgId) ?? new Map<string, Known>();
    young.orgs.set(orgId, ofOrg.set(node, known));
    young.size += 1;
  }

  return (orgId, node, generation) => {
    const recent = young.orgs.get(orgId)?.get(node);
    if (recent?.generation === generation) return recent.key;
    const before = old.orgs.get(orgId)?.get(node);
    const known =
      before?.generation === generation
        ? before
        : { key: derive(master, [epoch, generation], orgId, node), generation };
    put(orgId, node, known);
    return known.key;
  };
}

function derive(
  master: LockedSecret,
  [epoch, generation]: readonly [number, number],
  orgId: string,
  node: string,
): Buffer {
  const parts = [PURPOSE, uint32(epoch), counted(orgId), counted(node)];
  // Nodes that were never removed keep the keys that they had before there were generations.
  const info = Buffer.concat(generation === 0 ? parts : [...parts, uint32(generation)]);
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
