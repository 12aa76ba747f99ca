import type { Api } from '../api.ts';
import { CliError, RefusedError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { readJobFile } from '../job-file.ts';
import { jobRequest, version1Request } from '../job-request.ts';
import { isRecord } from '../job-view.ts';
import { searchNodes } from '../search.ts';
import type { Session } from '../session.ts';
import { readWaiting, waitForJob, type WaitFlags } from '../wait.ts';
import type { JobRequest } from '@pushy/protocol';

/** Options of `job start`; what is undefined may stand in `knife[:…]`. */
export interface JobStartFlags extends WaitFlags {
  timeout?: string;
  quorum?: string;
  search?: string;
  file?: string;
  capture?: boolean;
  withEnv?: string;
  asUser?: string;
  inDir?: string;
  nowait?: boolean;
}

/** Characters of a job id, the end of the `uri` in the answer (REFERENCE 8.3). */
const ID_LENGTH = 32;

/** Starts a job and waits for its end. */
export async function jobStart(
  session: Session,
  command: string,
  names: readonly string[],
  flags: JobStartFlags,
): Promise<number> {
  const { knife, terminal } = session;
  const waiting = readWaiting(session, flags);
  const search = flags.search ?? knife.text('search');
  const file = flags.file ?? knife.text('send_file');
  const request = jobRequest({
    command,
    nodes: await nodesOf(session, names, search),
    quorum: flags.quorum ?? knife.text('quorum') ?? '100%',
    timeout: flags.timeout ?? knife.text('run_timeout'),
    capture: flags.capture ?? knife.flag('capture_output') ?? false,
    withEnv: flags.withEnv ?? knife.text('with_env'),
    asUser: flags.asUser ?? knife.text('as_user'),
    inDir: flags.inDir ?? knife.text('in_dir'),
    file: file === undefined ? undefined : readJobFile(session.world.cwd, file),
  });
  const jobId = await create(session, request);
  terminal.out(`Started.  Job ID: ${jobId}\n`);
  if (flags.nowait ?? knife.flag('nowait') ?? false) return EXIT.ok;
  return waitForJob(session, jobId, waiting);
}

async function nodesOf(
  session: Session,
  names: readonly string[],
  search: string | undefined,
): Promise<string[]> {
  const found = search === undefined ? names : await searchNodes(session.api(), search);
  // The same node twice would count twice towards the quorum.
  const nodes = [...new Set(found)];
  if (nodes.length > 0) return nodes;
  throw new CliError(
    'usage',
    'No nodes to run job on. Specify nodes as arguments or use -s to specify a search query.',
    search === undefined ? {} : { advice: [`The search for ${search} found none.`] },
  );
}

/** Asks for the job; a 400 may come from a server of the 1.x line, which gets a second, smaller request. */
async function create(session: Session, request: JobRequest): Promise<string> {
  const api = session.api();
  try {
    return await post(api, request);
  } catch (error) {
    if (!(error instanceof RefusedError) || error.status !== 400) throw error;
    session.notices.warning('Falling back to Push Jobs v1 mode.');
    try {
      return await post(api, version1Request(request));
    } catch (second) {
      throw withFirstReason(second, error);
    }
  }
}

/** The first 400 says what a server of the 2.x line did not like. */
function withFirstReason(second: unknown, first: RefusedError): unknown {
  if (!(second instanceof CliError) || second.code === 'network') return second;
  if (second instanceof RefusedError && second.said === first.said) return second;
  return new CliError(second.code, second.message, {
    advice: [...second.advice, `The server's answer to the whole request was: ${first.said}`],
    cause: second,
  });
}

async function post(api: Api, request: JobRequest): Promise<string> {
  const answer = await api.post('pushy/jobs', request);
  const uri = isRecord(answer) ? answer['uri'] : undefined;
  if (typeof uri === 'string' && uri.length >= ID_LENGTH) return uri.slice(-ID_LENGTH);
  throw new CliError('answer', 'The server took the job but its answer names no job', {
    advice: ['`pushy job list` shows the jobs that it has.'],
  });
}
