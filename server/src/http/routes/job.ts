import type { NodesByStatus } from '@pushy/protocol';
import { refuse } from '../answer.ts';
import { viewOf, type ShownJob } from '../job-view.ts';
import type { Route } from '../route.ts';

/** One job of an organization with its nodes; undefined for every id that is not of this organization (S2). */
export interface JobFinder {
  get(orgId: string, id: string): Promise<(ShownJob & { nodes: NodesByStatus }) | undefined>;
}

/** `GET jobs/ID` (REFERENCE 8.5). */
export function makeGetJob(jobs: JobFinder): Route<undefined> {
  return {
    check: () => ({ ok: true, value: undefined }),
    answer: async ({ orgId, params, query }) => {
      const id = params['id'] ?? '';
      const job = await jobs.get(orgId, id);
      if (job === undefined) return refuse(404, `job '${id}' does not exist.`).answer;
      return { status: 200, json: viewOf(job, query['include_file'] === 'true') };
    },
  };
}
