import { Client } from 'undici';
import { ServerError } from '../errors.ts';
import { readOutcome, type Operation, type Outcome } from './operations.ts';

/** Milliseconds for one operation of a running server. */
const DEADLINE = 30_000;
/** What says that nobody listens at the socket. */
const NOBODY = ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR'];

/** Asks the running server; undefined when none runs with this socket. */
export async function askServer(path: string, operation: Operation): Promise<Outcome | undefined> {
  const client = new Client('http://localhost', {
    socketPath: path,
    connectTimeout: DEADLINE,
    headersTimeout: DEADLINE,
    bodyTimeout: DEADLINE,
  });
  try {
    const { body } = await client.request({
      method: 'POST',
      path: '/operation',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(operation),
    });
    const outcome = readOutcome(await body.json());
    if (outcome !== undefined) return outcome;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (NOBODY.includes(code)) return undefined;
    const reason = code === 'EACCES' ? 'only the user of the server may use it' : String(cause);
    throw new ServerError('control_failed', `the control socket ${path}: ${reason}`, { cause });
  } finally {
    await client.destroy();
  }
  throw new ServerError('control_failed', `the server gave no answer that is known at ${path}`);
}
