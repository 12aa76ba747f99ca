/**
 * What the agent thinks of its server (REFERENCE 16): online or offline by broadcasts, another incarnation, and a
 * command channel on which nothing ever arrives. Pure: times are milliseconds of a clock that never steps (A11).
 */

/** Silence on a new command connection, after the agent's first message, that means a failed handshake (A11). */
export const WATCHDOG_MS = 3000;

/** The numbers of the node's configuration (REFERENCE 8.2). */
export interface LivenessSettings {
  readonly intervalMs: number;
  readonly offlineThreshold: number;
  readonly onlineThreshold: number;
  /** Incarnation of the server that gave the configuration. */
  readonly incarnationId: string;
}

/** Everything that liveness remembers. */
export interface LivenessState {
  readonly settings: LivenessSettings;
  readonly server: 'online' | 'offline';
  /** Of the last broadcast; of the opening of the sockets where none came yet. */
  readonly lastBroadcast: number;
  /** Broadcasts counted while the server is offline. */
  readonly counted: number;
  /** Another incarnation was seen and said. */
  readonly incarnationReported: boolean;
  /** When a first message went out on a command connection that has not answered yet; `waiting` before that. */
  readonly watch: 'heard' | 'waiting' | { readonly since: number };
}

/** What happens on the sockets, and the passing of time. */
export type LivenessEvent =
  | { readonly kind: 'broadcast'; readonly incarnationId: string }
  /** A verified message came on the command channel. */
  | { readonly kind: 'heard' }
  /** A heartbeat went out on the command channel. */
  | { readonly kind: 'beat' }
  /** The command channel has a new TCP connection (Z5). */
  | { readonly kind: 'connected' }
  | { readonly kind: 'tick' };

/** What must be done about it. */
export type LivenessEffect =
  | 'went_online'
  /** Heartbeats stop; the sockets are closed and opened again. */
  | 'went_offline'
  /** Still no broadcast on the sockets that were opened again: the configuration may be out of date. */
  | 'still_offline'
  | 'new_incarnation'
  | 'command_channel_silent';

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
    counted: 0,
    incarnationReported: false,
    watch: 'waiting',
  };
}

/** The moment at which a `tick` must have come at the latest. */
export function nextDeadline(state: LivenessState): number {
  const silence = state.lastBroadcast + silenceLimit(state);
  return typeof state.watch === 'object'
    ? Math.min(silence, state.watch.since + WATCHDOG_MS)
    : silence;
}

/** The next state and what to do, for any event. */
export function observe(state: LivenessState, event: LivenessEvent, now: number): LivenessStep {
  switch (event.kind) {
    case 'broadcast':
      return onBroadcast(state, event.incarnationId, now);
    case 'heard':
      return to({ ...state, watch: 'heard' });
    case 'beat':
      return state.watch === 'waiting' ? to({ ...state, watch: { since: now } }) : to(state);
    case 'connected':
      // A watch that runs goes on: a server that refuses every connection must not put it off for ever.
      return state.watch === 'heard' ? to({ ...state, watch: 'waiting' }) : to(state);
    case 'tick':
      return onTick(state, now);
  }
}

function onBroadcast(state: LivenessState, incarnationId: string, now: number): LivenessStep {
  const { settings } = state;
  const effects: LivenessEffect[] = [];
  const isOther = incarnationId !== settings.incarnationId && !state.incarnationReported;
  if (isOther) effects.push('new_incarnation');
  const counted = state.server === 'offline' ? state.counted + 1 : 0;
  const isBack = state.server === 'offline' && counted > settings.onlineThreshold;
  if (isBack) effects.push('went_online');
  return {
    state: {
      ...state,
      lastBroadcast: now,
      server: isBack ? 'online' : state.server,
      counted: isBack ? 0 : counted,
      incarnationReported: state.incarnationReported || isOther,
    },
    effects,
  };
}

function onTick(state: LivenessState, now: number): LivenessStep {
  let next = state;
  const effects: LivenessEffect[] = [];
  if (typeof state.watch === 'object' && now - state.watch.since >= WATCHDOG_MS) {
    effects.push('command_channel_silent');
    next = { ...next, watch: 'waiting' };
  }
  if (now - state.lastBroadcast >= silenceLimit(state)) {
    effects.push(state.server === 'online' ? 'went_offline' : 'still_offline');
    next = { ...next, server: 'offline', lastBroadcast: now, counted: 0, watch: 'waiting' };
  }
  return { state: next, effects };
}

/** More than `offline_threshold` intervals: the next one counts. */
function silenceLimit({ settings }: LivenessState): number {
  return (settings.offlineThreshold + 1) * settings.intervalMs;
}

function to(state: LivenessState): LivenessStep {
  return { state, effects: [] };
}
