import { JOB_STATUSES, NODE_STATUSES, isFinished, isSettled } from '@pushy/protocol';
import type { Program } from '../helpers/program.ts';
import type { PgProxy, SeenStatement } from './pg-proxy.ts';

/** What a trap may watch. */
export interface Watched {
  readonly proxy: PgProxy;
  readonly agents: readonly Program[];
}

/** A point in the life of a job at which something is killed. */
export interface Boundary {
  readonly name: string;
  /** Calls `hit` once, when a job of the load is there; answers what takes the trap away. */
  arm(watched: Watched, hit: () => void): () => void;
}

/** What is saved is one statement, which is its own transaction: it is durable or it is not. */
const moments = ['before', 'after'] as const;

/** The places of statuses among the values of the statement that saves what happened. */
const [NODES, JOBS] = [2, 5];

/** Where a job is inserted, and where its run, its results and its end are saved. */
const saved: readonly (readonly [what: string, is: (seen: SeenStatement) => boolean])[] = [
  ['the insert', ({ name }) => name === 'create-job'],
  ['the save of a run', hasStatus(JOBS, JOB_STATUSES, (s) => s === 'running')],
  [
    'the save of a result',
    hasStatus(NODES, NODE_STATUSES, (s) => isSettled(s) && s !== 'unavailable'),
  ],
  ['the save of an end', hasStatus(JOBS, JOB_STATUSES, isFinished)],
];

/** Every boundary: at the database from the wire, at the nodes from what they log. */
export const boundaries: readonly Boundary[] = [
  ...saved.flatMap(([what, is]) =>
    moments.map((moment): Boundary => atStatement(`${moment} ${what}`, moment, is)),
  ),
  atLog('a node got its commit', /message received type=commit/),
  atLog('a node got its run', /message received type=run/),
  atLog('a run has ended', /run ended/),
];

function atStatement(
  name: string,
  moment: SeenStatement['moment'],
  is: (seen: SeenStatement) => boolean,
): Boundary {
  return {
    name,
    arm: ({ proxy }, hit) => {
      let done = false;
      return proxy.watch((seen) => {
        if (done || seen.moment !== moment || !is(seen)) return false;
        done = true;
        hit();
        return true;
      });
    },
  };
}

function atLog(name: string, line: RegExp): Boundary {
  return {
    name,
    arm: ({ agents }, hit) => {
      let done = false;
      const ends = agents.map((agent) =>
        agent.onLine((text) => {
          if (done || !line.test(text)) return;
          done = true;
          hit();
        }),
      );
      return () => {
        for (const end of ends) end();
      };
    },
  };
}

/** True for a statement that saves what happened, one of whose values is an array of status numbers, such a one among them. */
function hasStatus<S extends string>(
  index: number,
  names: readonly S[],
  is: (status: S) => boolean,
): (seen: SeenStatement) => boolean {
  return (seen) => {
    if (seen.name !== 'save-changes') return false;
    const codes = (seen.values[index] ?? '').replace(/[{}"]/g, '').split(',').map(Number);
    return codes.some((code) => names[code] !== undefined && is(names[code]));
  };
}
