/**
 * What the agent thinks of its server (REFERENCE 16): online or offline by broadcasts, another incarnation, and a
 * command channel on which nothing ever arrives. Pure: times are milliseconds of a clock that never steps (A11).
 */

/**
 * Silence on a new command connection, after the agent's first message went out, that means a failed handshake (A11);
 * and how long a lost connection may be away while the server broadcasts.
 */
export const WATCHDOG_MS = 3000;
/** How long a first message may wait for its first connection: libzmq itself gives a handshake up before that. */
const UNSENT_MS = 2 * WATCHDOG_MS;
/**
 * How long a server to which all its nodes come back may keep this one waiting; up to half as long again. Not less
 * than a handshake is given: a configuration that is asked for meanwhile would begin it anew.
 */
const CROWDED_MS = 30_000;
/**
 * How long broadcasts may be missing before the configuration is fetched, while the command channel stands and was
 * answered: that server is there, and so slow that one more request from each of its nodes would make it slower. Up to
 * half as long again, and twice as long each time.
 */
const SERVED_MS = 20_000;
const MOST_DOUBLINGS = 4;
/** Broadcasts that came since that message went out: a server that turns so slowly is busy, it is not silent. */
const TURNS = 2;
/** A tick that is later than this, milliseconds: it was the agent that did not hear, not the server that was silent. */
const LATE_MS = 100;

/** The numbers of the node's configuration (REFERENCE 8.2). */
export interface LivenessSettings {
  readonly intervalMs: number;
  readonly offlineThreshold: number;
  readonly onlineThreshold: number;
  /** Incarnation of the server that gave the configuration. */
  readonly incarnationId: string;
  /** A server of the 1.x line says nothing to a node that comes back: its silence means nothing (REFERENCE 17). */
  readonly isAnswered: boolean;
  /** Random, in [0, 1): so that not all nodes act at the same moment. */
  readonly spread: number;
}

/** Everything that liveness remembers. */
export interface LivenessState {
  readonly settings: LivenessSettings;
  readonly server: 'online' | 'offline';
  /** Of the last broadcast; of the opening of the sockets where none came yet. */
  readonly lastBroadcast: number;
  /** A broadcast came on the sockets that are open now. */
  readonly isSeen: boolean;
  /** Broadcasts counted while the server is offline. */
  readonly counted: number;
  /** Another incarnation was seen and said. */
  readonly incarnationReported: boolean;
  /** Of the command connection: `waiting` until a first message goes out, then that message, until it is answered. */
  readonly watch: 'heard' | 'waiting' | Unanswered;
  /** When the command connection was lost; undefined while it stands, and before it first stood. */
  readonly lostAt: number | undefined;
  /** The socket of the broadcast was opened anew since the last broadcast. */
  readonly renewed: boolean;
  /** Times that the configuration was asked for since then. */
  readonly misses: number;
  /** The agent itself was late since the last broadcast: that counts once. */
  readonly excused: boolean;
  /** That broadcasts have another signature was said. */
  readonly foreignReported: boolean;
  /** Until when the server is taken to be busy with all its nodes: nothing is asked of it that would add to that. */
  readonly crowdedUntil: number;
}

/** A first message that was not answered yet. */
interface Unanswered {
  /** When it went out; when it was handed over, while it waits for a connection. */
  readonly since: number;
  readonly isSent: boolean;
  /** Broadcasts that came since it went out. */
  readonly broadcasts: number;
}

/** What happens on the sockets, and the passing of time. */
export type LivenessEvent =
  | { readonly kind: 'broadcast'; readonly incarnationId: string }
  /** A verified message came on the command channel. */
  | { readonly kind: 'heard' }
  /** A heartbeat was handed to the command channel, where it may wait for a connection. */
  | { readonly kind: 'beat' }
  /** It went out, on a connection that stands. */
  | { readonly kind: 'sent' }
  /** A broadcast that another key has signed. */
  | { readonly kind: 'foreign' }
  /** The command channel has a new connection (Z5). */
  | { readonly kind: 'connected' }
  /** After nobody was reached there, the server's host answers on one of the sockets: the handshake begins. */
  | { readonly kind: 'reached' }
  /** It has lost the one that it had. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'tick' };

/** What must be done about it. */
export type LivenessEffect =
  | 'went_online'
  /** A broadcast or two are missing: its socket is opened anew, before anything is given up. */
  | 'broadcast_late'
  /** No broadcast but such as another key has signed: the server has new keys, and a new configuration. */
  | 'foreign_broadcast'
  /** Heartbeats stop; what may be half-open is opened anew. */
  | 'went_offline'
  /** Still no broadcast on the sockets that were opened again: the configuration may be out of date. */
  | 'still_offline'
  | 'new_incarnation'
  | 'command_channel_silent'
  /** The server broadcasts, but the lost command channel does not come back by itself. */
  | 'command_channel_lost';

/** The answer to an event. */
export interface LivenessStep {
  readonly state: LivenessState;
  readonly effects: readonly LivenessEffect[];
}

/** Sockets were just opened with a fresh configuration: the server is taken to be online. */
export function openLiveness(settings: LivenessSettings, now: number): LivenessState {
  return {
    settings,
    server: 'online',
    lastBroadcast: now,
    isSeen: false,
    counted: 0,
    incarnationReported: false,
    watch: 'waiting',
    lostAt: undefined,
    renewed: false,
    misses: 0,
    excused: false,
    foreignReported: false,
    crowdedUntil: -Infinity,
  };
}

/** A broadcast is not missing now, be it the first one since the server was gone. */
export function isHeard({ server, counted }: LivenessState): boolean {
  return server === 'online' || counted > 0;
}

/** The server broadcasts, heartbeats go to it and, where it is known to answer, it has: the node is available. */
export function isServed({ settings, server, isSeen, watch, lostAt }: LivenessState): boolean {
  const isAnswered = watch === 'heard' || !settings.isAnswered;
  return server === 'online' && isSeen && isAnswered && lostAt === undefined;
}

/** The moment at which a `tick` must have come at the latest. */
export function nextDeadline(state: LivenessState): number {
  return Math.min(
    state.lastBroadcast + patience(state),
    Math.max(answerDue(state), state.crowdedUntil),
    returnDue(state),
  );
}

/** The next state and what to do, for any event. */
export function observe(state: LivenessState, event: LivenessEvent, now: number): LivenessStep {
  switch (event.kind) {
    case 'broadcast':
      return onBroadcast(state, event.incarnationId, now);
    case 'foreign':
      return onForeign(state, now);
    case 'heard':
      return to({ ...state, watch: 'heard' });
    case 'beat':
    case 'sent':
      return onBeat(state, event.kind === 'sent', now);
    case 'reached':
      return to({ ...state, crowdedUntil: crowdedFrom(state, now) });
    case 'connected':
      // Where the machine is busy, this comes after the first answer on that connection: it says nothing of the watch.
      return to({ ...state, lostAt: undefined });
    case 'lost':
      // A watch that runs goes on: a server that refuses every connection must not put it off for ever.
      return to({
        ...state,
        lostAt: now,
        watch: state.watch === 'heard' ? 'waiting' : state.watch,
      });
    case 'tick':
      return onTick(state, now);
  }
}

function onBeat(state: LivenessState, isSent: boolean, now: number): LivenessStep {
  const { watch, settings, lostAt } = state;
  const isFirst = isSent
    ? watch === 'waiting' || (watch !== 'heard' && !watch.isSent)
    : // One that waits for a connection that was lost is not what is missing.
      watch === 'waiting' && lostAt === undefined;
  if (!isFirst || !settings.isAnswered) return to(state);
  return to({ ...state, watch: { since: now, isSent, broadcasts: 0 } });
}

function onBroadcast(state: LivenessState, incarnationId: string, now: number): LivenessStep {
  const { settings, watch } = state;
  const effects: LivenessEffect[] = [];
  const isOther = incarnationId !== settings.incarnationId && !state.incarnationReported;
  if (isOther) effects.push('new_incarnation');
  const counted = state.server === 'offline' ? state.counted + 1 : 0;
  const isBack = state.server === 'offline' && counted > settings.onlineThreshold;
  if (isBack) effects.push('went_online');
  // A server that was away: its handshakes, with all its nodes, begin now.
  const isReturn = state.lostAt !== undefined && isOverdue(state, now);
  return {
    state: {
      ...state,
      lastBroadcast: now,
      isSeen: true,
      server: isBack ? 'online' : state.server,
      counted: isBack ? 0 : counted,
      incarnationReported: state.incarnationReported || isOther,
      watch:
        typeof watch === 'object' && watch.isSent
          ? { ...watch, broadcasts: watch.broadcasts + 1 }
          : watch,
      lostAt: isReturn ? now : state.lostAt,
      crowdedUntil: isReturn ? crowdedFrom(state, now) : state.crowdedUntil,
      renewed: false,
      misses: 0,
      excused: false,
    },
    effects,
  };
}

/** Beside broadcasts of the key that is known, those of another one mean nothing. */
function onForeign(state: LivenessState, now: number): LivenessStep {
  if (state.foreignReported || !isOverdue(state, now)) return to(state);
  return { state: { ...state, foreignReported: true }, effects: ['foreign_broadcast'] };
}

function onTick(state: LivenessState, now: number): LivenessStep {
  let next = state;
  const effects: LivenessEffect[] = [];
  if (now >= answerDue(state) && now >= state.crowdedUntil) {
    effects.push('command_channel_silent');
    next = { ...next, watch: 'waiting' };
  }
  if (now >= returnDue(state)) {
    // Where the broadcast is missing as well the server is away: it will be seen when it is back.
    if (state.isSeen && !isOverdue(state, now)) effects.push('command_channel_lost');
    next = { ...next, lostAt: now };
  }
  const overdue = now - state.lastBroadcast - patience(state);
  if (overdue > LATE_MS && !state.excused) {
    // What the server said meanwhile is still to be read: one more interval for that.
    const lastBroadcast = now - patience(state) + state.settings.intervalMs;
    return { state: { ...next, lastBroadcast, excused: true }, effects };
  }
  const silence = now - state.lastBroadcast;
  if (silence >= silenceLimit(state)) {
    let misses = 0;
    if (state.server === 'online') effects.push('went_offline');
    else if (now < state.crowdedUntil) ({ misses } = state);
    else {
      effects.push('still_offline');
      misses = state.misses + 1;
    }
    // A command channel that stands answers pings: it is left alone, and what it said counts.
    const watch = next.watch === 'heard' ? 'heard' : 'waiting';
    const fresh = { watch, isSeen: false, renewed: false, misses, excused: false } as const;
    return {
      state: { ...next, ...fresh, server: 'offline', lastBroadcast: now, counted: 0 },
      effects,
    };
  }
  if (!state.renewed && silence >= lateLimit(state)) {
    // A server that has its hands full with all its nodes would have to do with one more connection of each.
    if (now >= state.crowdedUntil) effects.push('broadcast_late');
    next = { ...next, renewed: true };
  }
  return { state: next, effects };
}

/** When a first message counts as not answered. */
function answerDue({ watch }: LivenessState): number {
  if (typeof watch !== 'object') return Infinity;
  if (!watch.isSent) return watch.since + UNSENT_MS;
  return watch.broadcasts < TURNS ? Infinity : watch.since + WATCHDOG_MS;
}

/** When a lost connection has been away for too long. */
function returnDue({ lostAt, crowdedUntil }: LivenessState): number {
  return lostAt === undefined ? Infinity : Math.max(lostAt + WATCHDOG_MS, crowdedUntil);
}

function crowdedFrom({ settings, crowdedUntil }: LivenessState, now: number): number {
  return Math.max(crowdedUntil, now + CROWDED_MS * (1 + settings.spread / 2));
}

/** How long the server may be silent before the next thing is done about it. */
function patience(state: LivenessState): number {
  return state.renewed ? silenceLimit(state) : lateLimit(state);
}

/** More than `offline_threshold` intervals: the next one counts. Longer where the server is known to be there. */
function silenceLimit({ settings, server, watch, misses }: LivenessState): number {
  const limit = (settings.offlineThreshold + 1) * settings.intervalMs;
  if (server === 'online' || watch !== 'heard') return limit;
  const served = SERVED_MS * (1 + settings.spread / 2);
  return Math.max(limit, served) * 2 ** Math.min(misses, MOST_DOUBLINGS);
}

/** From a half to three quarters of that: what comes on a new socket is still in time. */
function lateLimit(state: LivenessState): number {
  return (silenceLimit(state) * (2 + state.settings.spread)) / 4;
}

/** A broadcast should have come by now. */
function isOverdue({ settings, lastBroadcast }: LivenessState, now: number): boolean {
  return now - lastBroadcast >= 1.5 * settings.intervalMs;
}

function to(state: LivenessState): LivenessStep {
  return { state, effects: [] };
}
