import { NODE_STATUSES } from '@pushy/protocol';
import type { JobEffect } from '../../../../server/src/core/effects.ts';
import type { NewJob } from '../../../../server/src/core/job-record.ts';
import type { NodePart } from '../../../../server/src/core/job-table.ts';
import { makeLiveJob, step, type JobEvent, type LiveJob } from '../../../../server/src/core/job.ts';

export const PARTS: readonly NodePart[] = [...NODE_STATUSES, 'stopping'];

/** A job as it is asked for; all of its nodes are the quorum unless `more` says otherwise. */
export function newJob(nodes: readonly string[], more: Partial<NewJob> = {}): NewJob {
  return {
    id: '0123456789abcdef0123456789abcdef',
    orgId: 'fedcba9876543210fedcba9876543210',
    orgName: 'acme',
    requester: 'ann',
    command: 'chef-client',
    nodes,
    quorum: nodes.length,
    runTimeout: 3600,
    capture: false,
    createdAt: 0,
    ...more,
  };
}

/** A job in a phase, its nodes in the given parts. */
export function liveJob(
  phase: LiveJob['phase'],
  parts: Readonly<Record<string, NodePart>>,
  more: Partial<NewJob> = {},
): LiveJob {
  const live = makeLiveJob(newJob(Object.keys(parts), more));
  live.phase = phase;
  for (const [node, part] of Object.entries(parts)) {
    live.nodes.set(node, part);
    live.counts.new -= 1;
    live.counts[part] += 1;
  }
  return live;
}

/** Counts the nodes of each part anew. */
export function recount(live: LiveJob): Record<NodePart, number> {
  const counts = Object.fromEntries(PARTS.map((part) => [part, 0])) as Record<NodePart, number>;
  for (const part of live.nodes.values()) counts[part] += 1;
  return counts;
}

/** The events of a feed, short: `name(node status)`. */
export function said(effects: readonly JobEffect[]): string[] {
  return effects.flatMap((effect) => {
    if (effect.kind !== 'emit' && effect.kind !== 'finish') return [];
    const { name, data } = effect.event;
    if (name === 'start') return ['start'];
    const { node, status } = data as { node?: string; status?: string };
    const inside = [node, status].filter((word) => word !== undefined).join(' ');
    return [inside === '' ? name : `${name}(${inside})`];
  });
}

/** Nodes that are reset, in order. */
export function resets(effects: readonly JobEffect[]): string[] {
  return effects.flatMap((effect) => (effect.kind === 'reset' ? effect.nodes : []));
}

/** All effects of several events. */
export function steps(live: LiveJob, events: readonly JobEvent[]): JobEffect[] {
  return events.flatMap((event) => step(live, event));
}

/** A report in short: `ack_commit a`. */
export function report(text: string): JobEvent {
  const [kind, node] = text.split(' ') as [never, string];
  return { kind: 'report', report: kind, node };
}
