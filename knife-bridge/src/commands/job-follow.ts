import type { Session } from '../session.ts';
import { readWaiting, waitForJob, type WaitFlags } from '../wait.ts';

/** Waits for the end of a job that somebody has started. */
export async function jobFollow(
  session: Session,
  jobId: string,
  flags: WaitFlags,
): Promise<number> {
  return waitForJob(session, jobId, readWaiting(session, flags));
}
