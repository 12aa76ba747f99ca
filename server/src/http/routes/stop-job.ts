import { isFinished, type StopRequest } from '@pushy/protocol';
import { refuse, refuseBare, type Answer, type Judged } from '../answer.ts';
import { viewOf, type ShownJob } from '../job-view.ts';
import { isObject, isStrings, readJson } from '../json-body.ts';
import type { Route } from '../route.ts';
import { noJob, type JobFinder } from './job.ts';

/** Stops a whole job, or these nodes of it; false when it is not in flight. Resolves when that is durable. */
export interface JobStopper {
  stop(jobId: string, nodes?: readonly string[]): Promise<boolean>;
}

/** `POST jobs/ID/stop`: 202 with the job (Decision 8). */
export function makeStopJob(jobs: Pick<JobFinder, 'get'>, stopper: JobStopper): Route<StopRequest> {
  return {
    check: ({ body }) => readStopRequest(body),
    answer: async ({ orgId, params }, { nodes }) => {
      const id = params['id'] ?? '';
      const job = await jobs.get(orgId, id);
      if (job === undefined) return noJob(id).answer;
      const members = new Set(Object.values(job.nodes).flat());
      const stranger = nodes?.find((name) => !members.has(name));
      if (stranger !== undefined) {
        return refuseBare(400, `node '${stranger}' is not in job '${id}'`).answer;
      }
      if (isFinished(job.status) || !(await stopper.stop(id, nodes))) {
        return notInFlight((await jobs.get(orgId, id)) ?? job);
      }
      const stopped = (await jobs.get(orgId, id)) ?? job;
      return { status: 202, json: viewOf(stopped, false) };
    },
  };
}

function notInFlight({ id, status }: ShownJob): Answer {
  return refuse(409, `job '${id}' is not in flight: its status is ${status}.`).answer;
}

function readStopRequest(body: Buffer): Judged<StopRequest> {
  if (body.length === 0) return { ok: true, value: {} };
  const value = readJson(body)?.value;
  if (value === undefined) return refuseBare(400, 'invalid JSON');
  if (!isObject(value) || Object.keys(value).some((key) => key !== 'nodes')) {
    return refuseBare(400, 'invalid body supplied (expected nothing, or an object with nodes)');
  }
  const nodes = value['nodes'];
  if (nodes === undefined) return { ok: true, value: {} };
  return isStrings(nodes) && nodes.length > 0
    ? { ok: true, value: { nodes: [...new Set(nodes)] } }
    : refuseBare(400, 'at least one node must be supplied');
}
