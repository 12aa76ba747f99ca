import { CliError, type CliErrorCode } from './errors.ts';
import type { JobView } from './job-view.ts';

/** Exit codes as knife 18 with knife-push 2.0.1 gives them (observed). */
export const EXIT = {
  ok: 0,
  /** A job that did not go well; a command line that cannot be; a configuration that cannot be read. */
  failed: 1,
  /** Ctrl-C. */
  interrupted: 2,
  /** No such command. */
  unknownCommand: 10,
  /** Anything that went wrong after the command line and the configuration were read. */
  error: 100,
} as const;

const ERROR_EXITS: Record<CliErrorCode, number> = {
  usage: EXIT.failed,
  config: EXIT.failed,
  settings: EXIT.error,
  key: EXIT.error,
  argument: EXIT.error,
  refused: EXIT.error,
  network: EXIT.error,
  tls: EXIT.error,
  answer: EXIT.error,
};

const GOOD_ENDS: ReadonlySet<string> = new Set(['succeeded', 'nacked', 'unavailable']);

/** 0 only for a job that is `complete` with every node succeeded, nacked or unavailable (REFERENCE 18). */
export function jobExitCode(job: JobView): number {
  const good = job.status === 'complete' && Object.keys(job.nodes).every((s) => GOOD_ENDS.has(s));
  return good ? EXIT.ok : EXIT.failed;
}

/** How the process ends after an error. */
export function errorExitCode(error: unknown): number {
  return error instanceof CliError ? ERROR_EXITS[error.code] : EXIT.error;
}
