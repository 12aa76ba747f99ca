import type { AgentMessage } from '@pushy/protocol';
import type { Clock } from '../clock.ts';
import { isInOrder } from '../core/node.ts';
import { makeFreshness } from './freshness.ts';
import type { Log } from './log.ts';
import type { NodeBook, TrackedNode } from './node-book.ts';
import { makeTwins, type Speaker } from './twins.ts';

/** What the gate needs. */
export interface SenderGateDeps {
  settings: {
    /** Milliseconds. */
    maxTimeSkew: number;
    heartbeatInterval: number;
  };
  clock: Pick<Clock, 'now'>;
  log: Pick<Log, 'warn'>;
  book: NodeBook;
  /** False for a node that was removed. */
  isAdmitted: (orgId: string, node: string) => boolean;
  /** Hears of every message that is dropped. */
  refuse: (reason: string, about: object) => void;
}

/** Lets those verified messages in that come from their node, now. */
export interface SenderGate {
  /** The node by its name, and by its connection: that is a new one where only the name is known; undefined: dropped. */
  pass(
    address: Buffer,
    orgId: string,
    message: AgentMessage,
    signature: string,
  ): { known: TrackedNode | undefined; bound: TrackedNode | undefined } | undefined;
  prune(now: number): void;
}

export function makeSenderGate(deps: SenderGateDeps): SenderGate {
  const { settings, clock, log, book, isAdmitted, refuse } = deps;
  const freshness = makeFreshness(settings.maxTimeSkew);
  const twins = makeTwins(settings.heartbeatInterval, log);

  return {
    pass(address, orgId, message, signature) {
      const { node: name, sequence, timestamp } = message;
      if (!isAdmitted(orgId, name)) {
        refuse('not_admitted', { orgId, node: name });
        return undefined;
      }
      const bound = book.at(address);
      const known = book.find(orgId, name);
      if (bound !== undefined && bound !== known) {
        refuse('address_of_another_node', { orgId, node: name, boundTo: bound.name });
        return undefined;
      }
      // Z4: by the sequence on the node's connection; by the time where it comes from another one.
      const sent = { orgId, node: name, timestamp, signature };
      if (bound === undefined && !freshness.isNew(sent)) {
        refuse('replayed', { orgId, node: name });
        twins.refused(speakerOf(orgId, message), known, clock.now());
        return undefined;
      }
      if (bound !== undefined && !isInOrder(bound.record, sequence)) {
        refuse('old_sequence', { orgId, node: name, sequence });
        return undefined;
      }
      freshness.took(sent);
      if (bound === undefined) twins.spoke(speakerOf(orgId, message), clock.now());
      return { known, bound };
    },
    prune(now) {
      freshness.prune(now);
      twins.prune(now);
    },
  };
}

function speakerOf(orgId: string, message: AgentMessage): Speaker | undefined {
  const { node, incarnation_id: incarnation, client: host } = message;
  return incarnation === undefined ? undefined : { orgId, node, incarnation, host };
}
