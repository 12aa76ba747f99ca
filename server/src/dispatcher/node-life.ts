import type { Clock } from '../clock.ts';
import { stepNode, type NodeEvent, type NodeSettings } from '../core/node.ts';
import { PLAIN_TAILS } from './bodies.ts';
import type { Log } from './log.ts';
import type { NodeBook, TrackedNode } from './node-book.ts';

/** What the life of nodes needs. */
export interface NodeLifeDeps {
  settings: NodeSettings;
  clock: Clock;
  log: Log;
  book: NodeBook;
  sendTo: (node: TrackedNode, now: number, tail: string) => void;
  /** Hears of every record that ends, whatever its cause (N6). */
  ended: (node: TrackedNode) => void;
  /** Random, in [0, 1). */
  fraction: () => number;
}

/** Steps the machine of a node and does what it decides. */
export interface NodeLife {
  perform: (node: TrackedNode, event: NodeEvent) => void;
  /** A failure of ours at one node must not reach the others: that node's record ends (N6). */
  guarded: (node: TrackedNode, action: () => void) => void;
  isTracked: (node: TrackedNode) => boolean;
  /** Ends the record. */
  end: (node: TrackedNode, reason: string) => void;
}

export function makeNodeLife(deps: NodeLifeDeps): NodeLife {
  const { settings, clock, log, book, sendTo, ended, fraction } = deps;

  function perform(node: TrackedNode, event: NodeEvent): void {
    for (const effect of stepNode(node.record, event, settings)) {
      switch (effect.kind) {
        case 'send':
          sendTo(node, clock.now(), PLAIN_TAILS[effect.type]);
          break;
        case 'arm':
          node.cancelTimer?.();
          node.cancelTimer = clock.after(effect.ms, () => {
            guarded(node, () => {
              perform(node, { kind: 'rehab_timer', fraction: fraction() });
            });
          });
          break;
        case 'cancel':
          node.cancelTimer?.();
          break;
        case 'gone':
          end(node, effect.reason);
          break;
      }
    }
  }

  function end(node: TrackedNode, reason: string): void {
    if (!isTracked(node)) return;
    book.remove(node);
    node.cancelTimer?.();
    log.info({ orgId: node.orgId, node: node.name, reason }, 'node is offline');
    ended(node);
  }

  function guarded(node: TrackedNode, action: () => void): void {
    try {
      action();
    } catch (error) {
      log.error({ err: error, orgId: node.orgId, node: node.name }, 'the node could not be served');
      end(node, 'failure');
    }
  }

  function isTracked(node: TrackedNode): boolean {
    return book.find(node.orgId, node.name) === node;
  }

  return { perform, guarded, isTracked, end };
}
