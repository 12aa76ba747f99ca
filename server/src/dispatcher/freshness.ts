import { parseHttpDate } from '@pushy/protocol';

/** What is asked and remembered of a verified message. */
export interface Sent {
  orgId: string;
  node: string;
  /** RFC 1123, of the node's own clock: whole seconds. */
  timestamp: string;
  signature: string;
}

/**
 * Tells a node on a new connection from somebody who plays its messages again there (Z4). Sequences cannot: they
 * begin anew on each connection (REFERENCE 13). A new connection is no older than what was heard before, and says
 * nothing twice.
 */
export interface Freshness {
  /** Is this message new? Asked before it may bind its node to a connection. */
  isNew(sent: Sent): boolean;
  /** A message was taken: what is older is not new any more. */
  took(sent: Sent): void;
  /** Forgets what is refused as too old anyway. */
  prune(now: number): void;
}

interface Newest {
  text: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Signatures of that second. */
  signatures: string[];
}

/** Signatures of one second that are remembered; a node says far less. Then none of that second is new. */
const MAX_SIGNATURES = 100;

/** `maxSkew`: milliseconds after which a message is refused for its age. */
export function makeFreshness(maxSkew: number): Freshness {
  const orgs = new Map<string, Map<string, Newest>>();

  return {
    isNew({ orgId, node, timestamp, signature }) {
      const newest = orgs.get(orgId)?.get(node);
      if (newest === undefined) return true;
      if (newest.text !== timestamp) return (parseHttpDate(timestamp) ?? 0) >= newest.at;
      const { signatures } = newest;
      return signatures.length < MAX_SIGNATURES && !signatures.includes(signature);
    },
    took({ orgId, node, timestamp, signature }) {
      const ofOrg = orgs.get(orgId) ?? new Map<string, Newest>();
      const newest = ofOrg.get(node);
      if (newest?.text === timestamp) {
        if (newest.signatures.length < MAX_SIGNATURES) newest.signatures.push(signature);
        return;
      }
      const at = parseHttpDate(timestamp) ?? 0;
      ofOrg.set(node, { text: timestamp, at, signatures: [signature] });
      orgs.set(orgId, ofOrg);
    },
    prune(now) {
      // A clock may be ahead by as much as behind.
      for (const [orgId, ofOrg] of orgs) {
        for (const [node, { at }] of ofOrg) if (at < now - 2 * maxSkew) ofOrg.delete(node);
        if (ofOrg.size === 0) orgs.delete(orgId);
      }
    },
  };
}
