/** What stops the agent before it serves, if nothing else is said: each code has one cause. */
export type AgentErrorCode =
  | 'bad_option'
  | 'bad_config'
  | 'no_config'
  | 'bad_key'
  | 'bad_trust'
  | 'bad_whitelist'
  | 'already_running'
  /** Not at the start: the proxy on the way to the server is away, or refuses. */
  | 'proxy';

/** Thrown for what a person must put right; its message says what, where and what to do. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: AgentErrorCode;

  constructor(code: AgentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
