import type { Log } from './log.ts';

/** Who has spoken for a node: one agent has one incarnation for as long as it lives. */
export interface Speaker {
  readonly orgId: string;
  readonly node: string;
  readonly incarnation: string;
  /** As the agent names it. */
  readonly host: string | undefined;
}

/** The node as it is connected now. */
interface Held {
  readonly record: { readonly incarnation: string | undefined };
  readonly lastHeartbeat?: { readonly lastHeartbeat: number };
}

/**
 * Sees that two agents speak for one node by turns: two hosts with one name. Each ends what the other does, and nothing
 * else that is logged of the node says why.
 */
export interface Twins {
  /** Another connection has spoken for the node than before; undefined: it does not say which agent it is. */
  spoke(speaker: Speaker | undefined, now: number): void;
  /** The same, and it was not let in: its clock is behind that of the agent which is there. */
  refused(speaker: Speaker | undefined, there: Held | undefined, now: number): void;
  /** Forgets what is too old to mean anything. */
  prune(now: number): void;
}

/** How often one has to come back after another within the window: an agent that is restarted does not. */
const RETURNS = 4;
/** Milliseconds, and heartbeat intervals: the longer of both. */
const WINDOW = 30_000;
const WINDOW_INTERVALS = 10;
/** Milliseconds in which it is said once. */
const QUIET = 60_000;
/** Agents of one node that are told apart. */
const MAX_SPEAKERS = 8;

interface Turns {
  last: string;
  /** Incarnation -> its host; whoever spoke last stands last. */
  readonly hosts: Map<string, string | undefined>;
  /** When somebody came back. */
  returns: number[];
  at: number;
  saidAt: number;
}

export function makeTwins(heartbeatInterval: number, log: Pick<Log, 'warn'>): Twins {
  const nodes = new Map<string, Turns>();
  const window = Math.max(WINDOW, WINDOW_INTERVALS * heartbeatInterval);

  function cameBack(turns: Turns, { orgId, node }: Speaker, now: number): void {
    turns.returns = [...turns.returns.filter((at) => at > now - window), now];
    if (turns.returns.length < RETURNS || now - turns.saidAt < QUIET) return;
    turns.saidAt = now;
    turns.returns = [];
    const hosts = [...new Set(turns.hosts.values())].filter((host) => host !== undefined);
    log.warn({ orgId, node, hosts: hosts.sort() }, 'two agents speak for one node');
  }

  function take(speaker: Speaker, now: number): void {
    const { incarnation, host } = speaker;
    const key = keyOf(speaker);
    const turns = nodes.get(key) ?? {
      last: incarnation,
      hosts: new Map<string, string | undefined>(),
      returns: [],
      at: now,
      saidAt: -Infinity,
    };
    nodes.set(key, turns);
    const isReturn = turns.last !== incarnation && turns.hosts.delete(incarnation);
    turns.hosts.set(incarnation, host);
    turns.last = incarnation;
    turns.at = now;
    if (isReturn) cameBack(turns, speaker, now);
    const [oldest] = turns.hosts.keys();
    if (turns.hosts.size > MAX_SPEAKERS && oldest !== undefined) turns.hosts.delete(oldest);
  }

  return {
    spoke(speaker, now) {
      if (speaker !== undefined) take(speaker, now);
    },
    refused(speaker, there, now) {
      const { incarnation } = there?.record ?? {};
      if (speaker === undefined || incarnation === undefined) return;
      if (speaker.incarnation === incarnation) return;
      const turns = nodes.get(keyOf(speaker));
      const heardAt = there?.lastHeartbeat?.lastHeartbeat ?? 0;
      // An agent that was restarted with its clock set back is refused as well, but the one before it is silent.
      if (turns !== undefined && heardAt > turns.at) {
        const host = turns.hosts.get(incarnation);
        take({ ...speaker, incarnation, host }, heardAt);
      }
      take(speaker, now);
    },
    prune(now) {
      const until = now - Math.max(window, QUIET);
      for (const [key, { at }] of nodes) if (at < until) nodes.delete(key);
    },
  };
}

function keyOf({ orgId, node }: Speaker): string {
  return `${orgId}/${node}`;
}
