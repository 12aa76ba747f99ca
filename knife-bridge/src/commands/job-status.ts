import { segment } from '../api.ts';
import { EXIT } from '../exit-code.ts';
import { renderData } from '../render.ts';
import type { Session } from '../session.ts';

/** Prints one job. */
export async function jobStatus(session: Session, jobId: string): Promise<number> {
  const job = await session.api().get(`pushy/jobs/${segment(jobId)}`);
  session.terminal.out(renderData(job, session.format, session.paint));
  return EXIT.ok;
}
