import { NODE_TABLE, type NodeEventKind, type NodePhase, type NodeRule } from './node-table.ts';
import { firstHeard, heard, isAlive, type Liveness, type LivenessSettings } from './presence.ts';

/** Milliseconds; see also REFERENCE 1. */
export interface NodeSettings extends LivenessSettings {
  /** The first wait before an abort is sent again. */
  rehabTimer: number;
  /** The longest such wait (N4). */
  rehabTimerMax: number;
}

/** A node that is heard, as the machine sees it. Only the functions of this file change it. */
export interface NodeRecord {
  phase: NodePhase;
  /** Of the first message that had one. */
  incarnation: string | undefined;
  /** The newest sequence on the present connection (Z4). */
  sequence: number | undefined;
  /** Aborts sent without an answer. */
  aborts: number;
  readonly liveness: Liveness;
}

/** What a decision about a node asks for. */
export type NodeEffect =
  | { kind: 'send'; type: 'abort' | 'ack' }
  /** Call back with `rehab_timer` after `ms` milliseconds, instead of any earlier request. */
  | { kind: 'arm'; ms: number }
  | { kind: 'cancel' }
  /** The record ends; jobs that watch the node get `down`. */
  | { kind: 'gone'; reason: 'other_incarnation' | 'silent' };

/** What can happen to a node. `fraction`: random, in [0, 1). */
export type NodeEvent =
  | { kind: Exclude<NodeEventKind, 'rehab_timer'> }
  | { kind: 'rehab_timer'; fraction: number }
  /** A verified message came from another connection than before. */
  | { kind: 'moved' }
  | { kind: 'heartbeat'; incarnation: string | undefined; now: number }
  | { kind: 'scan'; now: number };

/** A record for the first verified message of a node: that message is its first sign of life, whatever it says (S7). */
export function makeNodeRecord(
  incarnation: string | undefined,
  now: number,
  settings: NodeSettings,
): NodeRecord {
  const liveness = firstHeard(now, settings);
  // The heartbeat that made the record is counted when it is processed.
  liveness.beats = 0;
  return { phase: 'post_init', incarnation, sequence: undefined, aborts: 0, liveness };
}

/** Z4: true for a message that is newer than all before it on this connection. One without a number passes. */
export function isInOrder(node: NodeRecord, sequence: number | undefined): boolean {
  if (sequence === undefined) return true;
  if (node.sequence !== undefined && sequence <= node.sequence) return false;
  node.sequence = sequence;
  return true;
}

/** REFERENCE 13: changes the record in place and answers what is to be done, in order. */
export function stepNode(node: NodeRecord, event: NodeEvent, settings: NodeSettings): NodeEffect[] {
  switch (event.kind) {
    case 'moved':
      node.sequence = undefined;
      return [{ kind: 'send', type: 'ack' }];
    case 'heartbeat':
      return onHeartbeat(node, event.incarnation, event.now, settings);
    case 'scan':
      return isAlive(node.liveness, event.now, settings)
        ? []
        : [{ kind: 'gone', reason: 'silent' }];
    case 'created':
    case 'adopted':
    case 'aborted':
    case 'reset':
    case 'rehab_timer':
      return onTable(node, event, settings);
  }
}

function onHeartbeat(
  node: NodeRecord,
  incarnation: string | undefined,
  now: number,
  settings: NodeSettings,
): NodeEffect[] {
  node.incarnation ??= incarnation;
  if (incarnation !== undefined && incarnation !== node.incarnation) {
    return [{ kind: 'gone', reason: 'other_incarnation' }];
  }
  heard(node.liveness, now, settings);
  return [];
}

function onTable(
  node: NodeRecord,
  event: { kind: NodeEventKind; fraction?: number },
  settings: NodeSettings,
): NodeEffect[] {
  const row: Partial<Record<NodeEventKind, NodeRule>> = NODE_TABLE[node.phase];
  const rule = row[event.kind];
  if (rule === undefined) return [];
  if (node.phase !== 'rehab') node.aborts = 0;
  node.phase = rule.to;
  return rule.does.flatMap((what): NodeEffect[] => {
    if (what === 'cancel') return [{ kind: 'cancel' }];
    if (what === 'ack') return [{ kind: 'send', type: 'ack' }];
    const ms = rehabDelay(node.aborts, event.fraction ?? 0, settings);
    node.aborts += 1;
    return [
      { kind: 'send', type: 'abort' },
      { kind: 'arm', ms },
    ];
  });
}

/** N4: doubles from `rehabTimer` to `rehabTimerMax`; the later half of each wait is random. */
function rehabDelay(aborts: number, fraction: number, settings: NodeSettings): number {
  const bound = Math.min(settings.rehabTimer * 2 ** aborts, settings.rehabTimerMax);
  return Math.max(settings.rehabTimer, bound * (0.5 + fraction / 2));
}
