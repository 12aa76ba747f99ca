import { FEED_TYPE } from '@pushy/protocol';
import { segment } from './api.ts';
import { CliError, RefusedError } from './errors.ts';
import { jobExitCode } from './exit-code.ts';
import { makeFeedFollower } from './follow-feed.ts';
import { makePollFollower } from './follow.ts';
import { hintsFor } from './hints.ts';
import { readJob, type JobView } from './job-view.ts';
import { makePlainProgress, makeTtyProgress } from './progress.ts';
import { renderData } from './render.ts';
import type { Session } from './session.ts';

/** How a job is waited for. */
export interface WaitFlags {
  pollInterval?: string;
}

/** What was asked for, before anything is sent. */
export interface Waiting {
  /** Milliseconds between two views of the job. */
  intervalMs: number;
  /** Somebody chose the interval: the job is looked at so often, as knife does. */
  polls: boolean;
}

const DEFAULT_SECONDS = 1;

/** Reads `--poll-interval`, or `knife[:poll_interval]`. */
export function readWaiting({ knife }: Pick<Session, 'knife'>, flags: WaitFlags): Waiting {
  const text = (flags.pollInterval ?? knife.text('poll_interval') ?? '').trim();
  const seconds = text === '' ? DEFAULT_SECONDS : Number(text);
  if (!Number.isFinite(seconds) || seconds < 0) {
    throw new CliError('usage', `--poll-interval is not a number of seconds: ${text}`);
  }
  return { intervalMs: seconds * 1000, polls: text !== '' };
}

/** Waits for the end of a job, shows the job and says how the process should end. */
export async function waitForJob(
  session: Session,
  jobId: string,
  waiting: Waiting,
): Promise<number> {
  const { terminal } = session;
  const job = await lastView(session, jobId, waiting);
  terminal.out(renderData(job, session.format, session.paint));
  for (const hint of terminal.isTty ? hintsFor(job, jobId) : []) session.notices.info(hint);
  return jobExitCode(job);
}

async function lastView(session: Session, jobId: string, waiting: Waiting): Promise<JobView> {
  const { terminal, clock, signal, notices } = session;
  const { intervalMs, polls } = waiting;
  // Asked for by its id: the server's own idea of its address may not be reachable from here.
  const path = `pushy/jobs/${segment(jobId)}`;
  const look = async (): Promise<JobView> => readJob(await session.api().get(path), path);
  const poll = makePollFollower({ clock, intervalMs, look });
  const follow = polls
    ? poll
    : makeFeedFollower({
        clock,
        intervalMs,
        look,
        open: (id, lastEventId, stop) =>
          session.api().stream(`pushy/job_status_feed/${segment(id)}`, {
            accept: FEED_TYPE,
            headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
            signal: stop,
          }),
        fallback: poll,
      });
  const progress = terminal.isTty ? makeTtyProgress(terminal, clock) : makePlainProgress(terminal);
  let last: JobView | undefined;
  try {
    for await (const job of follow(jobId, signal)) {
      last = job;
      progress.show(job);
    }
  } catch (error) {
    progress.end();
    // A job that is not there goes nowhere.
    if (!(error instanceof RefusedError && error.status === 404)) {
      notices.info(`The job goes on without this command. See it with: pushy job status ${jobId}`);
    }
    throw error;
  }
  progress.end();
  if (last !== undefined) return last;
  throw new Error('a follower ended before it looked');
}
