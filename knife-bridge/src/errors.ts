/** What kind of trouble a command ended in; exit-code.ts says how the process then ends. */
export type CliErrorCode =
  'usage' | 'config' | 'settings' | 'key' | 'argument' | 'refused' | 'network' | 'tls' | 'answer';

/** Trouble that a person can do something about: `message` says what and where, `advice` what to do. */
export class CliError extends Error {
  readonly code: CliErrorCode;
  /** Lines to print after the message, in order. */
  readonly advice: readonly string[];

  constructor(
    code: CliErrorCode,
    message: string,
    more: { advice?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'CliError';
    this.code = code;
    this.advice = more.advice ?? [];
  }
}

/** An answer of the server that is not a 2xx. */
export class RefusedError extends CliError {
  readonly status: number;
  /** What the server said, as one line where it was JSON. */
  readonly said: string;

  constructor(status: number, said: string, message: string, advice: readonly string[]) {
    super('refused', message, { advice });
    this.name = 'RefusedError';
    this.status = status;
    this.said = said;
  }
}

/** The text of any thrown thing. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's or library's code of an error (`ECONNREFUSED`), if it has one. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
