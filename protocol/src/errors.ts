/** Thrown where the caller, or who sent him the data, is wrong in a way that no answer can express. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: 'bad_session_key';

  constructor(code: 'bad_session_key', message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
