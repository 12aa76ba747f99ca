import type { NodesByStatus } from '@pushy/protocol';
import { refuse } from '../answer.ts';
import { detailViewOf, viewOf, type ShownDetail, type ShownJob } from '../job-view.ts';
import type { Route } from '../route.ts';

/** One job of an organization with its nodes; undefined for every id that is not of this organization (S2). */
export interface JobFinder {
  get(orgId: string, id: string): Promise<(ShownJob & { nodes: NodesByStatus }) | undefined>;
  getDetail(
    orgId: string,
    id: string,
  ): Promise<(ShownDetail & { nodes: NodesByStatus }) | undefined>;
}

/** `GET jobs/ID` (REFERENCE 8.5); richer with `detail=true`. */
export function makeGetJob(jobs: JobFinder): Route<undefined> {
  return {
    check: () => ({ ok: true, value: undefined }),
    answer: async ({ orgId, params, query }) => {
      const id = params['id'] ?? '';
      const withFile = query['include_file'] === 'true';
      if (query['detail'] === true) {
        const job = await jobs.getDetail(orgId, id);
        return job ? { status: 200, json: detailViewOf(job, withFile) } : noJob(id).answer;
      }
      const job = await jobs.get(orgId, id);
      return job ? { status: 200, json: viewOf(job, withFile) } : noJob(id).answer;
    },
  };
}

/** The refusal of an id that is no job of this organization. */
export function noJob(id: string): ReturnType<typeof refuse> {
  return refuse(404, `job '${id}' does not exist.`);
}
