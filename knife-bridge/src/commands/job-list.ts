import { EXIT } from '../exit-code.ts';
import { renderData } from '../render.ts';
import type { Session } from '../session.ts';

/** Prints every job of the organization, as the server orders them. */
export async function jobList(session: Session): Promise<number> {
  const jobs = await session.api().get('pushy/jobs');
  session.terminal.out(renderData(jobs, session.format, session.paint));
  return EXIT.ok;
}
