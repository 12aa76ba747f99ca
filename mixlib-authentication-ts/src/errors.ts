/** Why a request cannot be signed. */
export type SigningErrorCode = 'bad_key' | 'bad_user_id' | 'unsupported_version' | 'text_too_long';

/** Thrown by `signRequest`: its arguments are wrong. Verifying never throws. */
export class SigningError extends Error {
  override readonly name = 'SigningError';
  readonly code: SigningErrorCode;

  constructor(code: SigningErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
