import { OUTPUT_STREAMS } from '@pushy/protocol';
import { segment } from '../api.ts';
import { CliError, RefusedError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import type { Session } from '../session.ts';

/** Options of `job output`. */
export interface JobOutputFlags {
  channel?: string;
}

/**
 * Prints what a job wrote on a node, byte for byte and then a newline, as knife-push does. Of several nodes knife-push
 * prints the first; here each comes below its name.
 */
export async function jobOutput(
  session: Session,
  jobId: string,
  nodes: readonly string[],
  flags: JobOutputFlags,
): Promise<number> {
  const named = flags.channel ?? session.knife.text('channel') ?? 'stdout';
  const channel = OUTPUT_STREAMS.find((stream) => stream === named);
  if (channel === undefined) {
    throw new CliError('argument', 'Invalid Format please enter stdout or stderr');
  }
  for (const [i, node] of nodes.entries()) {
    const output = await fetchOutput(session, jobId, node, channel);
    if (nodes.length > 1) session.terminal.out(`${i > 0 ? '\n' : ''}==> ${node} <==\n`);
    session.terminal.out(output);
    session.terminal.out('\n');
  }
  return EXIT.ok;
}

async function fetchOutput(
  session: Session,
  jobId: string,
  node: string,
  channel: string,
): Promise<Buffer> {
  try {
    return await session
      .api()
      .getBytes(`pushy/jobs/${segment(jobId)}/output/${segment(node)}/${channel}`);
  } catch (error) {
    if (!(error instanceof RefusedError) || error.status !== 404) throw error;
    const why = `No ${channel} of ${node} is kept for this job: was it started with --capture, did it end there, or was it stopped?`;
    throw new RefusedError(error.status, error.said, error.message, [...error.advice, why]);
  }
}
