import { OUTPUT_STREAMS } from '@pushy/protocol';
import { segment } from '../api.ts';
import { CliError, RefusedError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { readJob, type JobView } from '../job-view.ts';
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
    const why = await whyNone(session, jobId, node, channel);
    throw new RefusedError(error.status, error.said, error.message, [...error.advice, why]);
  }
}

/** One look at the job tells which of its reasons it is. */
async function whyNone(
  session: Session,
  jobId: string,
  node: string,
  channel: string,
): Promise<string> {
  const path = `pushy/jobs/${segment(jobId)}`;
  let job: JobView;
  try {
    job = readJob(await session.api().get(path), path);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    if (error instanceof RefusedError && error.status === 404)
      return `There is no job ${jobId}: \`pushy job list\` shows those that are kept.`;
    return `No ${channel} of ${node} is kept for this job: was it started with --capture, did it end there, or was it stopped?`;
  }
  return reasonFor(job, node, channel);
}

/** States of a node whose part of the job is not over (REFERENCE 9). */
const OPEN = new Set(['new', 'ready', 'running']);
/** States of a node that never began. */
const UNBEGUN = new Set(['nacked', 'unavailable', 'was_ready']);

function reasonFor(job: JobView, node: string, channel: string): string {
  const status = Object.keys(job.nodes).find((state) => job.nodes[state]?.includes(node));
  if (status === undefined) return `${node} is not a node of this job.`;
  if (job['capture_output'] !== true)
    return 'The job was started without --capture: nothing of its output is kept.';
  if (OPEN.has(status))
    return `The job is not over on ${node} (${status}): output comes at its end.`;
  if (UNBEGUN.has(status)) return `${node} did not run the command (${status}).`;
  return `${node} ended (${status}), and no ${channel} of it came to the server.`;
}
