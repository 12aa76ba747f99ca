import Type from 'typebox';
import { FEED_TYPE, OUTPUT_STREAMS } from '@pushy/protocol';
import {
  AGENT_CONFIG,
  CONFIG_QUERY,
  DETAIL_QUERY,
  JOB,
  JOB_CREATED,
  JOB_DELETED,
  JOB_DETAIL,
  JOB_LIST,
  JOB_LIST_QUERY,
  JOB_QUERY,
  JOB_REQUEST,
  JOB_SEARCH_REQUEST,
  NODE_LIST,
  NODE_STATE,
  SERVER_STATUS,
  STOP_REQUEST,
} from '@pushy/protocol/http';
import type { RouteSpec, SignedRoute } from './route.ts';
import { makeGetConfig } from './routes/config.ts';
import { makeDeleteJob } from './routes/delete-job.ts';
import { makeGetJobFeed, makeGetOrgFeed } from './routes/feeds.ts';
import { makeGetOutput } from './routes/job-output.ts';
import { makeGetJob } from './routes/job.ts';
import { makeCreateJob, makeListJobs } from './routes/jobs.ts';
import { makeGetNode, makeListNodes } from './routes/node-states.ts';
import { DESCRIPTION, makeGetDescription } from './routes/openapi.ts';
import { makeGetStatus } from './routes/status.ts';
import { makeStopJob } from './routes/stop-job.ts';

const ORG = '/organizations/:org/pushy';
const JSON_TYPE = 'application/json';

const OUTPUTS = OUTPUT_STREAMS.map((stream): SignedRoute => ({
  name: `get_${stream}`,
  method: 'GET',
  path: `${ORG}/jobs/:id/output/:node/${stream}`,
  summary: `What a job wrote to ${stream} on a node, byte for byte.`,
  access: 'signed',
  action: 'read',
  provides: 'application/octet-stream',
  status: 200,
  make: ({ jobs }, use) => use(makeGetOutput(jobs, stream)),
}));

/**
 * Every route of the API (REFERENCE 2). The application is made from this table, and so are its description and the
 * test of who may do what: a route that is not here does not exist.
 */
export const ROUTES: readonly RouteSpec[] = [
  {
    name: 'get_status',
    method: 'GET',
    path: '/pushy/_status',
    summary: 'That the server lives, and what it holds in memory.',
    access: 'public',
    provides: JSON_TYPE,
    status: 200,
    query: DETAIL_QUERY,
    response: SERVER_STATUS,
    make: ({ status }) => makeGetStatus(status),
  },
  {
    name: 'get_description',
    method: 'GET',
    path: '/pushy/openapi.json',
    summary: 'This description of the API.',
    access: 'public',
    provides: JSON_TYPE,
    status: 200,
    response: DESCRIPTION,
    make: () => makeGetDescription(ROUTES),
  },
  {
    name: 'get_config',
    method: 'GET',
    path: `${ORG}/config/:node`,
    summary: 'What the agent of a node needs to connect.',
    access: 'signed',
    action: 'configure',
    provides: JSON_TYPE,
    status: 200,
    query: CONFIG_QUERY,
    response: AGENT_CONFIG,
    make: ({ config }, use) => use(makeGetConfig(config)),
  },
  {
    name: 'list_jobs',
    method: 'GET',
    path: `${ORG}/jobs`,
    summary: 'The jobs of the organization, newest first.',
    access: 'signed',
    action: 'read',
    provides: JSON_TYPE,
    status: 200,
    query: JOB_LIST_QUERY,
    response: JOB_LIST,
    make: ({ jobs }, use) => use(makeListJobs(jobs)),
  },
  {
    name: 'create_job',
    method: 'POST',
    path: `${ORG}/jobs`,
    summary: 'Starts a job.',
    access: 'signed',
    action: 'write',
    provides: JSON_TYPE,
    status: 201,
    body: { schema: Type.Union([JOB_REQUEST, JOB_SEARCH_REQUEST]), required: true },
    response: JOB_CREATED,
    make: (deps, use) => use(makeCreateJob(deps)),
  },
  {
    name: 'get_job',
    method: 'GET',
    path: `${ORG}/jobs/:id`,
    summary: 'One job with its nodes.',
    access: 'signed',
    action: 'read',
    provides: JSON_TYPE,
    status: 200,
    query: JOB_QUERY,
    response: Type.Union([JOB, JOB_DETAIL]),
    make: ({ jobs }, use) => use(makeGetJob(jobs)),
  },
  {
    name: 'stop_job',
    method: 'POST',
    path: `${ORG}/jobs/:id/stop`,
    summary: 'Stops a job that is in flight, or some of its nodes.',
    access: 'signed',
    action: 'write',
    provides: JSON_TYPE,
    status: 202,
    body: { schema: STOP_REQUEST, required: false },
    response: JOB,
    make: ({ jobs, starter }, use) => use(makeStopJob(jobs, starter)),
  },
  {
    name: 'delete_job',
    method: 'POST',
    path: `${ORG}/jobs/:id/delete`,
    summary: 'Removes a finished job with its output.',
    access: 'signed',
    action: 'write',
    provides: JSON_TYPE,
    status: 200,
    response: JOB_DELETED,
    make: ({ jobs }, use) => use(makeDeleteJob(jobs)),
  },
  ...OUTPUTS,
  {
    name: 'list_nodes',
    method: 'GET',
    path: `${ORG}/node_states`,
    summary: 'The nodes that are connected, and whether they take jobs.',
    access: 'signed',
    action: 'read',
    provides: JSON_TYPE,
    status: 200,
    query: DETAIL_QUERY,
    response: NODE_LIST,
    make: ({ presence, directory }, use) => use(makeListNodes(presence, directory)),
  },
  {
    name: 'get_node',
    method: 'GET',
    path: `${ORG}/node_states/:node`,
    summary: 'Whether a node is connected and takes jobs.',
    access: 'signed',
    action: 'read',
    provides: JSON_TYPE,
    status: 200,
    response: NODE_STATE,
    make: ({ presence }, use) => use(makeGetNode(presence)),
  },
  {
    name: 'follow_organization',
    method: 'GET',
    path: `${ORG}/job_status_feed`,
    summary: 'The start and the end of every job of the organization, as they happen.',
    access: 'signed',
    action: 'read',
    provides: FEED_TYPE,
    status: 200,
    make: ({ feeds }, use) => use(makeGetOrgFeed(feeds)),
  },
  {
    name: 'follow_job',
    method: 'GET',
    path: `${ORG}/job_status_feed/:id`,
    summary: 'What happens to a job, as it happens.',
    access: 'signed',
    action: 'read',
    provides: FEED_TYPE,
    status: 200,
    make: ({ feeds, jobs }, use) => use(makeGetJobFeed(feeds, jobs)),
  },
];
