import { readOrder } from '../../client/src/link/read-order.ts';
import {
  idleRunner,
  step,
  wireState,
  type RunnerEffect,
  type RunnerEvent,
  type RunnerState,
} from '../../client/src/core/runner.ts';
import type { Room, SimulatedAgent } from './dispatcher-room.ts';

export type RunOutcome = 'succeeded' | 'failed';

/** An agent with the real machine inside, in a room: it answers by that machine and counts what it starts. */
export interface ModelAgent {
  readonly name: string;
  /** How often it started each job, in all its lives. */
  readonly runs: ReadonlyMap<string, number>;
  /** How its runs ended by themselves, by job. */
  readonly ends: ReadonlyMap<string, RunOutcome>;
  /** With every result that was not acknowledged before it, if it keeps them. */
  beat(): Promise<void>;
  /** Reads what came. */
  read(): Promise<void>;
  /** Its process ends by itself, if it has one. */
  end(outcome: RunOutcome): Promise<void>;
  /** A new connection: what came and was not read is lost; also to another server. */
  reconnect(room: Room): void;
  /** A new life that knows nothing. */
  restart(): void;
}

/** `keeps`: it keeps a result until that is acknowledged (Decision 5). */
export function makeModelAgent(
  name: string,
  first: Room,
  { keeps }: { keeps: boolean },
): ModelAgent {
  const runs = new Map<string, number>();
  const ends = new Map<string, RunOutcome>();
  const unacknowledged = new Map<string, RunOutcome>();
  let room = first;
  let life = 1;
  let state: RunnerState = idleRunner();
  let line: SimulatedAgent = connect();

  function connect(): SimulatedAgent {
    return room.agent(name, { incarnation: `life-${life}-of-${name}` });
  }

  async function happen(event: RunnerEvent): Promise<void> {
    const result = step(state, event);
    state = result.state;
    for (const effect of result.effects) await perform(effect);
  }

  async function perform(effect: RunnerEffect): Promise<void> {
    switch (effect.kind) {
      case 'answer':
        await line.say(effect.answer.type, { job_id: effect.answer.jobId });
        break;
      case 'check':
        await happen({ kind: 'accepted', jobId: effect.order.jobId });
        break;
      case 'start': {
        const { jobId } = effect.order;
        runs.set(jobId, (runs.get(jobId) ?? 0) + 1);
        await happen({ kind: 'started', jobId });
        break;
      }
      case 'report': {
        const outcome = ends.get(effect.jobId) ?? 'failed';
        if (keeps) unacknowledged.set(effect.jobId, outcome);
        await line.say(outcome, { job_id: effect.jobId });
        break;
      }
      case 'stop':
        await happen({ kind: 'stopped', jobId: effect.jobId });
        break;
      case 'release':
        break;
    }
  }

  return {
    name,
    runs,
    ends,
    async beat() {
      for (const [job_id, outcome] of unacknowledged) await line.say(outcome, { job_id });
      const { jobState, jobId } = wireState(state);
      const [oldest] = unacknowledged.keys();
      const said =
        jobState === 'idle' && oldest !== undefined
          ? { job_state: 'running', job_id: oldest }
          : { job_state: jobState, job_id: jobId };
      await line.say('heartbeat', said);
    },
    async read() {
      for (const message of line.received.splice(0)) {
        if (message.type === 'result_ack') unacknowledged.delete(message.job_id);
        const event = readOrder(message);
        if (event !== undefined) await happen(event);
      }
    },
    async end(outcome) {
      if (state.phase !== 'running') return;
      ends.set(state.order.jobId, outcome);
      await happen({ kind: 'ended', jobId: state.order.jobId });
    },
    reconnect(to) {
      room = to;
      line = connect();
    },
    restart() {
      life += 1;
      state = idleRunner();
      line = connect();
    },
  };
}
