import {
  readAgentMessage,
  unpack,
  verify,
  type AgentMessage,
  type Unverified,
} from '@pushy/protocol';
import type { Clock } from '../clock.ts';
import { makeTokenBuckets } from '../core/token-buckets.ts';
import type { Log } from './log.ts';
import { makeOrgGate, type Organizations } from './org-gate.ts';

/** The key that signs all messages between the server and a node. Asked for every message: a look-up. */
export interface SessionKeys {
  of(orgId: string, node: string): Buffer;
}

/** What the inbox needs. */
export interface InboxDeps {
  settings: {
    /** Bytes. */
    maxBodySize: number;
    /** Milliseconds. */
    maxTimeSkew: number;
  };
  clock: Clock;
  log: Log;
  sessionKeys: SessionKeys;
  organizations: Organizations;
  counts: { received(type: string): void };
  /** Hears of every message that is dropped unread, for its connection sends too many. */
  flooded: (address: Buffer) => void;
  /** Hears of every message that is dropped. */
  refuse: (reason: string, about: object) => void;
  /** Gets the messages that are proved to come from `message.node` of that organization, with their signatures. */
  deliver: (address: Buffer, orgId: string, message: AgentMessage, signature: string) => void;
}

/** From frames to verified messages, in the order of REFERENCE 15.4. Everything else is dropped (S4, S6, Z1). */
export interface Inbox {
  onFrames: (address: Buffer, frames: readonly Buffer[]) => void;
  stop: () => void;
}

/**
 * Messages of one connection. A node sends a heartbeat per interval and a few messages per job; what is above is
 * dropped before it is looked at, so that a node that floods costs the others next to nothing.
 */
const RATE = { rate: 100, burst: 300 };

export function makeInbox(deps: InboxDeps): Inbox {
  const { settings, clock, log, sessionKeys, organizations } = deps;
  const { counts, flooded, refuse, deliver } = deps;
  const gate = makeOrgGate({ clock, log, organizations });
  const rate = makeTokenBuckets(RATE);

  function prove(address: Buffer, unverified: Unverified, orgId: string, node: string): void {
    const proof = { hmac_sha256: sessionKeys.of(orgId, node) };
    const verified = verify(unverified, proof, clock.now(), settings.maxTimeSkew);
    if (!verified.ok) {
      refuse(verified.reason, { orgId, node });
      return;
    }
    const message = readAgentMessage(verified.value);
    if (message === undefined) refuse('unknown_message', { orgId, node });
    else {
      counts.received(message.type);
      deliver(address, orgId, message, unverified.signature);
    }
  }

  function onFrames(address: Buffer, frames: readonly Buffer[]): void {
    const connection = address.toString('latin1');
    if (!rate.take(connection, clock.now())) {
      flooded(address);
      return;
    }
    const unpacked = unpack(frames, settings.maxBodySize);
    if (!unpacked.ok) {
      refuse(unpacked.reason, {});
      return;
    }
    const unverified = unpacked.value;
    const { org, node } = unverified.body;
    if (unverified.method !== 'hmac_sha256') refuse('wrong_method', {});
    else if (!isName(org) || !isName(node)) refuse('no_sender', {});
    else {
      const known = gate.known(org);
      if (known !== undefined) {
        prove(address, unverified, known, node);
        return;
      }
      gate.admit(org, {
        from: connection,
        size: unverified.bytes.length,
        admitted: (orgId) => {
          prove(address, unverified, orgId, node);
        },
        refused: (reason) => {
          refuse(reason, { org, node });
        },
      });
    }
  }

  return {
    onFrames,
    stop: () => {
      gate.stop();
    },
  };
}

/** Chef names are far shorter than this. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 255;
}
