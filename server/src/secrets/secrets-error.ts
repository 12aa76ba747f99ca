/**
 * Why the server's secrets cannot be used: `exposed` (others can read the file), `damaged`, `unreadable` (the file
 * system refused), `missing_key` (rows are sealed with a key that the file does not have), or `changed` (a sealed
 * value is not as it was).
 */
export type SecretsErrorCode = 'exposed' | 'damaged' | 'unreadable' | 'missing_key' | 'changed';

/** Every error that the secrets room throws. */
export class SecretsError extends Error {
  readonly code: SecretsErrorCode;

  constructor(code: SecretsErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SecretsError';
    this.code = code;
  }
}
