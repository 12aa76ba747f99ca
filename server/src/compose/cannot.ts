import { ServerError } from '../errors.ts';

/** Says which setting is at fault where the server cannot start. */
export function cannot(what: string): (cause: unknown) => never {
  return (cause) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServerError('start_failed', `${what}: ${reason}`, { cause });
  };
}
