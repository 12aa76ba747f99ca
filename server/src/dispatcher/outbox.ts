import { sealText, type TextFrames } from '@pushy/protocol';
import { body } from './bodies.ts';
import type { SessionKeys } from './inbox.ts';
import type { TrackedNode } from './node-book.ts';

/** The ROUTER. */
export interface FrameSender {
  /** Messages of nodes have come that nobody has read yet. */
  readonly isBehind: () => boolean;
  /** To one connection; a bounded queue is behind it. Must not throw. */
  send(address: Buffer, frames: TextFrames): void;
}

/** Completes a body for one node, signs it with that node's key, sends it to that node's connection. */
export function makeOutbox(deps: {
  sender: FrameSender;
  sessionKeys: SessionKeys;
  counts: { sent(type: string): void };
}): (node: TrackedNode, now: number, tail: string) => void {
  return (node, now, tail) => {
    const text = body(node.nextSequence, now, tail);
    node.nextSequence += 1;
    const key = deps.sessionKeys.of(node.orgId, node.name);
    deps.counts.sent(typeOf(tail));
    deps.sender.send(node.address, sealText(text, key));
  };
}

/** Every tail begins with its type. */
function typeOf(tail: string): string {
  const start = '"type":"'.length;
  return tail.slice(start, tail.indexOf('"', start));
}
