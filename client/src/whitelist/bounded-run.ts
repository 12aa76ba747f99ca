import { Script, createContext } from 'node:vm';

/** What a piece of work gave, or that it was ended before it gave anything. */
export type Bounded<T> = { readonly inTime: true; readonly value: T } | { readonly inTime: false };

/** Calls one function that stands in a context of its own. */
const CALL = new Script('run()');
const context: { run?: () => void } = {};

/**
 * Runs work that may compute without end, and ends it after `ms` milliseconds, by the engine's own interrupt: no
 * worker, no second heap. The event loop waits so long.
 */
export function boundedRun<T>(work: () => T, ms: number): Bounded<T> {
  let result: Bounded<T> = { inTime: false };
  context.run = () => {
    result = { inTime: true, value: work() };
  };
  try {
    CALL.runInContext(createContext(context), { timeout: ms });
  } catch (error) {
    if (!isTimeout(error)) throw error;
  }
  return result;
}

/** The error is made in the context, so it is no Error of ours. */
function isTimeout(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  return error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}
