import {
  isHeard,
  isServed,
  nextDeadline,
  observe,
  openLiveness,
  type LivenessEffect,
  type LivenessEvent,
  type LivenessState,
} from '../core/liveness.ts';
import type { Session } from './session.ts';

/** Holds what the agent thinks of its server; says each change once. */
export interface ServerWatch {
  /** New sockets with a fresh configuration. */
  open(session: Session): void;
  note(event: LivenessEvent): void;
  isOnline(): boolean;
  /** False while broadcasts are missing; true again with the first one, before it counts as online. */
  isHeard(): boolean;
  /** When the next `tick` is due, in milliseconds of the clock's `elapsed`. */
  deadline(): number;
  /** Between heartbeats, milliseconds; undefined before the first configuration. */
  intervalMs(): number | undefined;
}

/** What a node that was available is not after. */
const LOSSES: ReadonlySet<LivenessEffect> = new Set([
  'went_offline',
  'foreign_broadcast',
  'command_channel_silent',
]);

/** Makes the watch; `onEffect` is told what must be done. */
export function makeServerWatch(deps: {
  readonly elapsed: () => number;
  readonly random: () => number;
  readonly onEffect: (effect: LivenessEffect) => void;
  /** The node is available: for the first time, or again so many milliseconds after a loss. */
  readonly onAvailable: (afterMs: number | undefined) => void;
}): ServerWatch {
  let state: LivenessState | undefined;
  let isNew = true;
  /** When the loss began that is not over. */
  let lossAt: number | undefined;

  /** Sockets that are opened for a new configuration are none. */
  function isLoss(event: LivenessEvent, effects: readonly LivenessEffect[]): boolean {
    return event.kind === 'lost' || effects.some((effect) => LOSSES.has(effect));
  }

  function judge(state: LivenessState): void {
    if (!isServed(state) || (!isNew && lossAt === undefined)) return;
    deps.onAvailable(lossAt === undefined || isNew ? undefined : deps.elapsed() - lossAt);
    isNew = false;
    lossAt = undefined;
  }

  return {
    open: ({ config, curve }) => {
      const { heartbeat } = config.push_jobs;
      const settings = {
        intervalMs: heartbeat.interval * 1000,
        offlineThreshold: heartbeat.offline_threshold,
        onlineThreshold: heartbeat.online_threshold,
        incarnationId: config.incarnation_id,
        isAnswered: curve !== undefined,
        spread: deps.random(),
      };
      state = openLiveness(settings, deps.elapsed());
    },
    note: (event) => {
      if (state === undefined) return;
      const now = deps.elapsed();
      const { lastBroadcast } = state;
      const next = observe(state, event, now);
      state = next.state;
      if (isLoss(event, next.effects)) {
        lossAt ??= next.effects.includes('went_offline') ? lastBroadcast : now;
      }
      judge(state);
      for (const effect of next.effects) deps.onEffect(effect);
    },
    isOnline: () => state?.server === 'online',
    isHeard: () => state !== undefined && isHeard(state),
    deadline: () => (state === undefined ? Infinity : nextDeadline(state)),
    intervalMs: () => state?.settings.intervalMs,
  };
}
