import type { JobDeleted } from '@pushy/protocol';
import { refuse } from '../answer.ts';
import type { Route } from '../route.ts';
import { noJob } from './job.ts';

/** Removes a finished job of an organization with its output (Decision 8). */
export interface JobEraser {
  delete(orgId: string, id: string): Promise<'deleted' | 'in_flight' | 'missing'>;
}

/** `POST jobs/ID/delete`: 200; 409 for a job in flight. */
export function makeDeleteJob(jobs: JobEraser): Route<undefined> {
  return {
    check: () => ({ ok: true, value: undefined }),
    answer: async ({ orgId, params }) => {
      const id = params['id'] ?? '';
      switch (await jobs.delete(orgId, id)) {
        case 'missing':
          return noJob(id).answer;
        case 'in_flight':
          return refuse(409, `job '${id}' is in flight: stop it first.`).answer;
        case 'deleted': {
          const json: JobDeleted = { id, deleted: true };
          return { status: 200, json };
        }
      }
    },
  };
}
