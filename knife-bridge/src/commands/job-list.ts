import { JOB_STATUSES, MAX_JOB_PAGE } from '@pushy/protocol';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { renderData } from '../render.ts';
import type { Session } from '../session.ts';

/** Options of `job list`; none of them: every job. */
export interface JobListFlags {
  limit?: string;
  after?: string;
  status?: string;
  command?: string;
  requester?: string;
  node?: string;
  detail?: boolean;
}

/** Prints the jobs of the organization, as the server orders them. */
export async function jobList(session: Session, flags: JobListFlags): Promise<number> {
  const query = queryOf(flags);
  const jobs = await session.api().get(query === '' ? 'pushy/jobs' : `pushy/jobs?${query}`);
  session.terminal.out(renderData(jobs, session.format, session.paint));
  return EXIT.ok;
}

function queryOf(flags: JobListFlags): string {
  const { limit, after, status, command, requester, node, detail } = flags;
  if (limit !== undefined && !(/^\d+$/.test(limit) && +limit >= 1 && +limit <= MAX_JOB_PAGE)) {
    throw new CliError('usage', `--limit is not a number from 1 to ${MAX_JOB_PAGE}: ${limit}`);
  }
  if (status !== undefined && !JOB_STATUSES.some((known) => known === status)) {
    throw new CliError('usage', `--status is none of ${JOB_STATUSES.join(', ')}: ${status}`);
  }
  const named = { limit, after, status, command, requester, node };
  return [
    ...Object.entries(named).map(([name, value]) =>
      value === undefined ? '' : `${name}=${encodeURIComponent(value)}`,
    ),
    detail === true ? 'detail=true' : '',
  ]
    .filter((part) => part !== '')
    .join('&');
}
