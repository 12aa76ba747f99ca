/** What can go wrong outside this program, by code. A refusal of a caller is not an error: it is a value. */
export type ServerErrorCode =
  /** The Chef server cannot be reached: no connection, or no answer in time. */
  | 'directory_unreachable'
  /** The Chef server answered something that nobody can use. */
  | 'directory_failed'
  /** A setting is wrong; the message says which, where and what to do. */
  | 'bad_config'
  /** The server could not start; the message says why. */
  | 'start_failed'
  /** A directory command was refused; the message is for the person who gave it. */
  | 'refused'
  /** The running server does not answer on its control socket. */
  | 'control_failed';

/** The one error class of the server; `cause` keeps what was thrown below. */
export class ServerError extends Error {
  readonly code: ServerErrorCode;

  constructor(code: ServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ServerError';
    this.code = code;
  }
}
