import {
  isHeard,
  nextDeadline,
  observe,
  openLiveness,
  type LivenessEffect,
  type LivenessEvent,
  type LivenessState,
} from './core/liveness.ts';
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

/** Makes the watch; `onEffect` is told what must be done. */
export function makeServerWatch(deps: {
  readonly elapsed: () => number;
  readonly random: () => number;
  readonly onEffect: (effect: LivenessEffect) => void;
}): ServerWatch {
  let state: LivenessState | undefined;
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
      const next = observe(state, event, deps.elapsed());
      state = next.state;
      for (const effect of next.effects) deps.onEffect(effect);
    },
    isOnline: () => state?.server === 'online',
    isHeard: () => state !== undefined && isHeard(state),
    deadline: () => (state === undefined ? Infinity : nextDeadline(state)),
    intervalMs: () => state?.settings.intervalMs,
  };
}
