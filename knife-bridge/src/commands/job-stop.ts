import { segment } from '../api.ts';
import { RefusedError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import type { Session } from '../session.ts';
import type { StopRequest } from '@pushy/protocol';

/** Stops a job, or these nodes of it; ends as soon as the server has taken it down. */
export async function jobStop(
  session: Session,
  jobId: string,
  nodes: readonly string[],
): Promise<number> {
  const request: StopRequest = nodes.length === 0 ? {} : { nodes: [...new Set(nodes)] };
  await act(session, `pushy/jobs/${segment(jobId)}/stop`, request);
  const what = request.nodes === undefined ? '' : ` ${request.nodes.join(', ')}`;
  session.terminal.out(`Stopping${what}.  Job ID: ${jobId}\n`);
  if (session.terminal.isTty) session.notices.info(`See it end: pushy job status ${jobId}`);
  return EXIT.ok;
}

/** Removes a finished job with its output. */
export async function jobDelete(session: Session, jobId: string): Promise<number> {
  await act(session, `pushy/jobs/${segment(jobId)}/delete`, {});
  session.terminal.out(`Deleted.  Job ID: ${jobId}\n`);
  return EXIT.ok;
}

/** A 404 may also come from a server that has no such route. */
async function act(session: Session, path: string, body: object): Promise<void> {
  try {
    await session.api().post(path, body);
  } catch (error) {
    if (!(error instanceof RefusedError) || error.status !== 404) throw error;
    throw new RefusedError(error.status, error.said, error.message, [
      ...error.advice,
      'There is no such job, or the server cannot do this: the original push server never could.',
    ]);
  }
}
