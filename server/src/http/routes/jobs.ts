import type { JobCreated, JobListQuery } from '@pushy/protocol';
import type { NewJob } from '../../core/job-record.ts';
import { refuse, refuseBare, type Judged } from '../answer.ts';
import { readJobRequest, type JobOrder } from '../job-request.ts';
import { briefDetailOf, briefOf, type ShownDetail, type ShownJob } from '../job-view.ts';
import { ownAddress } from '../own-address.ts';
import type { Allowed, Route } from '../route.ts';
import type { JobFinder } from './job.ts';

/** Starts jobs: resolves when the job is durable and its commits are with the socket (REFERENCE 8.3). */
export interface JobStarter {
  newId(orgId: string): string;
  start(job: NewJob): Promise<void>;
}

/** Which jobs of a list; without a member there is no such limit. */
type Chosen = Omit<JobListQuery, 'detail'>;

/** The jobs of an organization that a query chooses, newest first (H9). */
export interface JobList {
  list(orgId: string, query: Chosen): Promise<readonly ShownJob[]>;
  listDetails(orgId: string, query: Chosen): Promise<readonly ShownDetail[]>;
}

/** The nodes that a query of the Chef server finds; a reason where it cannot be answered. */
export interface NodeSearch {
  search(
    org: string,
    query: string,
  ): Promise<{ ok: true; nodes: readonly string[] } | { ok: false; reason: string }>;
}

export interface CreateJobSettings {
  /** Seconds. */
  defaultRunningTimeout: number;
  /** The host of `uri` for a request that names none. */
  serverName: string;
}

/** `GET jobs` (REFERENCE 8.4); richer with `detail=true`. */
export function makeListJobs(jobs: JobList & Pick<JobFinder, 'get'>): Route<undefined> {
  return {
    check: () => ({ ok: true, value: undefined }),
    answer: async ({ orgId, query }) => {
      const { detail, ...chosen }: JobListQuery = query;
      const json =
        detail === true
          ? (await jobs.listDetails(orgId, chosen)).map(briefDetailOf)
          : (await jobs.list(orgId, chosen)).map(briefOf);
      // It was deleted, or never there: an empty page would say that the list is whole.
      const { after } = chosen;
      if (json.length === 0 && after !== undefined && !(await jobs.get(orgId, after))) {
        return refuse(
          400,
          'invalid value for after (expected the id of a job of this organization)',
        ).answer;
      }
      return { status: 200, json };
    },
  };
}

export interface CreateJobDeps {
  starter: JobStarter;
  directory: NodeSearch;
  clock: { now(): number };
  settings: CreateJobSettings;
}

/** `POST jobs` (REFERENCE 8.3). */
export function makeCreateJob(deps: CreateJobDeps): Route<JobOrder> {
  const { starter, directory, clock, settings } = deps;
  return {
    check: ({ body }) => readJobRequest(body),
    answer: async (allowed, order) => {
      const { org, orgId, request } = allowed;
      const nodes = await nodesOf(order, org, directory);
      if (!nodes.ok) return nodes.answer;
      const id = starter.newId(orgId);
      await starter.start(newJob(id, allowed, order, nodes.value, clock.now(), settings));
      const address = ownAddress(request.headers, settings.serverName, request.protocol);
      const created: JobCreated = { uri: `${address}/organizations/${org}/pushy/jobs/${id}` };
      return { status: 201, headers: { location: created.uri }, json: created };
    },
  };
}

/** Decision 13: a search is asked when it is certain that the requester may start jobs. */
async function nodesOf(
  { nodes, search }: JobOrder,
  org: string,
  directory: NodeSearch,
): Promise<Judged<readonly string[]>> {
  if (search === undefined) return { ok: true, value: nodes };
  const found = await directory.search(org, search);
  if (!found.ok) return refuseBare(400, `invalid search (${found.reason})`);
  return found.nodes.length === 0
    ? refuseBare(400, `the search '${search}' found no node`)
    : { ok: true, value: [...new Set(found.nodes)] };
}

function newJob(
  id: string,
  { org, orgId, principal }: Allowed,
  job: JobOrder,
  nodes: readonly string[],
  now: number,
  settings: CreateJobSettings,
): NewJob {
  return {
    id,
    orgId,
    orgName: org,
    requester: principal.name,
    command: job.command,
    nodes,
    quorum: job.quorum ?? nodes.length,
    runTimeout: job.run_timeout ?? settings.defaultRunningTimeout,
    ...(job.user === undefined ? {} : { user: job.user }),
    ...(job.dir === undefined ? {} : { dir: job.dir }),
    ...(job.env === undefined ? {} : { env: job.env }),
    ...(job.file === undefined ? {} : { file: job.file }),
    capture: job.capture_output ?? false,
    createdAt: now,
  };
}
