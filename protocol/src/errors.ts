/** What was wrong. */
export type ProtocolErrorCode = 'bad_session_key' | 'feed_too_long';

/** Thrown where the caller, or who sent him the data, is wrong in a way that no answer can express. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
