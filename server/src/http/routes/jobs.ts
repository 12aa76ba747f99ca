import type { JobCreated, JobRequest } from '@pushy/protocol';
import type { NewJob } from '../../core/job-record.ts';
import type { Allowed, Route } from '../route.ts';
import { briefOf, type ShownJob } from '../job-view.ts';
import { readJobRequest } from '../job-request.ts';
import { ownAddress } from '../own-address.ts';

/** Starts jobs: resolves when the job is durable and its commits are with the socket (REFERENCE 8.3). */
export interface JobStarter {
  newId(orgId: string): string;
  start(job: NewJob): Promise<void>;
}

/** All jobs of an organization, newest first (H9). */
export interface JobList {
  list(orgId: string): Promise<readonly ShownJob[]>;
}

export interface CreateJobSettings {
  /** Seconds. */
  defaultRunningTimeout: number;
  /** The host of `uri` for a request that names none. */
  serverName: string;
}

/** `GET jobs` (REFERENCE 8.4). */
export function makeListJobs(jobs: JobList): Route<undefined> {
  return {
    check: () => ({ ok: true, value: undefined }),
    answer: async ({ orgId }) => ({ status: 200, json: (await jobs.list(orgId)).map(briefOf) }),
  };
}

/** `POST jobs` (REFERENCE 8.3). */
export function makeCreateJob(
  jobs: JobStarter,
  clock: { now(): number },
  settings: CreateJobSettings,
): Route<JobRequest> {
  return {
    check: ({ body }) => readJobRequest(body),
    answer: async (allowed, job) => {
      const { org, orgId, request } = allowed;
      const id = jobs.newId(orgId);
      await jobs.start(newJob(id, allowed, job, clock.now(), settings));
      const address = ownAddress(request.headers, settings.serverName);
      const created: JobCreated = { uri: `${address}/organizations/${org}/pushy/jobs/${id}` };
      return { status: 201, headers: { location: created.uri }, json: created };
    },
  };
}

function newJob(
  id: string,
  { org, orgId, principal }: Allowed,
  job: JobRequest,
  now: number,
  settings: CreateJobSettings,
): NewJob {
  return {
    id,
    orgId,
    orgName: org,
    requester: principal.name,
    command: job.command,
    nodes: job.nodes,
    quorum: job.quorum ?? job.nodes.length,
    runTimeout: job.run_timeout ?? settings.defaultRunningTimeout,
    ...(job.user === undefined ? {} : { user: job.user }),
    ...(job.dir === undefined ? {} : { dir: job.dir }),
    ...(job.env === undefined ? {} : { env: job.env }),
    ...(job.file === undefined ? {} : { file: job.file }),
    capture: job.capture_output ?? false,
    createdAt: now,
  };
}
