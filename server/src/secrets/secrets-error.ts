/**
 * Why the server's secrets cannot be used: `exposed` (others can read the file), `damaged`, or `unreadable`
 * (the file system refused).
 */
export type SecretsErrorCode = 'exposed' | 'damaged' | 'unreadable';

/** Every error that the secrets room throws. */
export class SecretsError extends Error {
  readonly code: SecretsErrorCode;

  constructor(code: SecretsErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SecretsError';
    this.code = code;
  }
}
