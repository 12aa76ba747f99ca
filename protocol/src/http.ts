import Type, { type Static } from 'typebox';
import { MAX_JOB_PAGE } from './limits.ts';
import { JOB_STATES, JOB_STATUSES, NODE_STATUSES } from './statuses.ts';

/** Body of `POST jobs` (REFERENCE 8.3). The server judges it key by key, to answer with the exact text. */
export const JOB_REQUEST = Type.Object(
  {
    command: Type.String(),
    nodes: Type.Array(Type.String(), { minItems: 1 }),
    /** Nodes that must commit before any runs; default: all of them. */
    quorum: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Seconds. */
    run_timeout: Type.Optional(Type.Integer({ minimum: 0 })),
    /** OS user on the node. */
    user: Type.Optional(Type.String()),
    dir: Type.Optional(Type.String()),
    env: Type.Optional(Type.Record(Type.String(), Type.String())),
    /** `raw:` or `base64:` and the contents, at most 100,000 bytes decoded. */
    file: Type.Optional(Type.String()),
    capture_output: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type JobRequest = Static<typeof JOB_REQUEST>;

/** The same with a query of the Chef server in place of the names: its nodes at this moment (Decision 13). */
export const JOB_SEARCH_REQUEST = Type.Object(
  {
    ...Type.Omit(JOB_REQUEST, ['nodes']).properties,
    /** As `knife search node` takes it. */
    search: Type.String({ minLength: 1 }),
  },
  { additionalProperties: false },
);
export type JobSearchRequest = Static<typeof JOB_SEARCH_REQUEST>;

/** Answer of `POST jobs`: this one key and no other (REFERENCE 8.3). */
export const JOB_CREATED = Type.Object({ uri: Type.String() });
export type JobCreated = Static<typeof JOB_CREATED>;

/** One element of `GET jobs` (REFERENCE 8.4). */
export const JOB_BRIEF = Type.Object({
  id: Type.String(),
  command: Type.String(),
  status: Type.Enum(JOB_STATUSES),
  /** Seconds. */
  run_timeout: Type.Integer(),
  /** RFC 1123. */
  created_at: Type.String(),
  /** RFC 1123; changes when the job changes its status, not when a node does. */
  updated_at: Type.String(),
  user: Type.Optional(Type.String()),
  dir: Type.Optional(Type.String()),
  env: Type.Optional(Type.Record(Type.String(), Type.String())),
  /** Present only when true. */
  capture_output: Type.Optional(Type.Literal(true)),
  /** Present only when the job has a file and it is not shown. */
  file_specified: Type.Optional(Type.Literal(true)),
  /** Only with `include_file=true`. */
  file: Type.Optional(Type.String()),
});
export type JobBrief = Static<typeof JOB_BRIEF>;

/** Names of nodes by their status in the job; only statuses that occur (REFERENCE 8.5). */
export const NODES_BY_STATUS = Type.Partial(
  Type.Record(Type.Enum(NODE_STATUSES), Type.Array(Type.String())),
);
export type NodesByStatus = Static<typeof NODES_BY_STATUS>;

/** Answer of `GET jobs/ID` (REFERENCE 8.5). */
export const JOB = Type.Object({ nodes: NODES_BY_STATUS, ...JOB_BRIEF.properties });
export type Job = JobBrief & { nodes: NodesByStatus };

/** What `detail=true` adds to a job, alone or in the list. */
const detail = {
  quorum: Type.Integer(),
  /** Name of the user or client that asked for the job; empty for jobs of the original server (J6). */
  requester: Type.String(),
  capture_output: Type.Boolean(),
  /** It was asked to stop as a whole (Decision 8). */
  stop_requested: Type.Boolean(),
  /** Number of nodes by status; only statuses that occur. */
  counts: Type.Partial(Type.Record(Type.Enum(NODE_STATUSES), Type.Integer())),
};

/** One element of `GET jobs?detail=true`. */
export const JOB_BRIEF_DETAIL = Type.Object({ ...JOB_BRIEF.properties, ...detail });
export type JobBriefDetail = Static<typeof JOB_BRIEF_DETAIL>;

/** Answer of `GET jobs/ID?detail=true`. */
export const JOB_DETAIL = Type.Object({ ...JOB.properties, ...detail });
export type JobDetailView = JobBriefDetail & { nodes: NodesByStatus };

/** Answer of `GET jobs` (REFERENCE 8.4). */
export const JOB_LIST = Type.Union([Type.Array(JOB_BRIEF), Type.Array(JOB_BRIEF_DETAIL)]);

/** Body of `POST jobs/ID/stop`: none at all, or the nodes that are to stop (Decision 8). */
export const STOP_REQUEST = Type.Object(
  { nodes: Type.Optional(Type.Array(Type.String(), { minItems: 1 })) },
  { additionalProperties: false },
);
export type StopRequest = Static<typeof STOP_REQUEST>;

/** Answer of `POST jobs/ID/delete`. */
export const JOB_DELETED = Type.Object({ id: Type.String(), deleted: Type.Literal(true) });
export type JobDeleted = Static<typeof JOB_DELETED>;

/** `available` nodes take jobs (REFERENCE 8.7). */
export const AVAILABILITIES = ['available', 'unavailable'] as const;
export type Availability = (typeof AVAILABILITIES)[number];

/** One element of `GET node_states` (REFERENCE 8.7). */
export const NODE_AVAILABILITY = Type.Object({
  node_name: Type.String(),
  availability: Type.Enum(AVAILABILITIES),
});
export type NodeAvailability = Static<typeof NODE_AVAILABILITY>;

/** Answer of `GET node_states/NODE` (REFERENCE 8.8). */
export const NODE_STATE = Type.Object({
  node_name: Type.String(),
  status: Type.Enum(['online', 'offline']),
  availability: Type.Enum(AVAILABILITIES),
});
export type NodeState = Static<typeof NODE_STATE>;

/** One element of `GET node_states?detail=true`: a node of the organization, heard or not. */
export const NODE_DETAIL = Type.Object({
  ...NODE_STATE.properties,
  /** RFC 1123; this and all below are missing for a node that is offline. */
  online_since: Type.Optional(Type.String()),
  /** RFC 1123; missing until the first heartbeat. */
  last_heartbeat_at: Type.Optional(Type.String()),
  /** What the node says that it does, in its last heartbeat. */
  job_state: Type.Optional(Type.Enum(JOB_STATES)),
  /** The job that it does it for; null for none. */
  job_id: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});
export type NodeDetail = Static<typeof NODE_DETAIL>;

/** Answer of `GET node_states` (REFERENCE 8.7). */
export const NODE_LIST = Type.Union([Type.Array(NODE_AVAILABILITY), Type.Array(NODE_DETAIL)]);

/** Query of `GET config/NODE` (REFERENCE 8.2). Whatever else a query holds is ignored, here and everywhere. */
export const CONFIG_QUERY = Type.Object({
  /** CURVE public key of the client in Z85. */
  ccpk: Type.Optional(Type.String()),
  /** What the agent can do, separated by commas (CAPABILITIES); unknown ones are ignored. */
  capabilities: Type.Optional(Type.String()),
  /** Present: whoever asks only looks (`pushy-client doctor`); what the node's agent can do stays as it was. */
  look: Type.Optional(Type.String()),
});

/** The richer answer, where it is asked for. */
const detailed = { detail: Type.Optional(Type.Boolean()) };

/** Query of a list or a page that has a richer form. */
export const DETAIL_QUERY = Type.Object(detailed);

/** Query of `GET jobs`: newest first (H9), each member narrows the list. */
export const JOB_LIST_QUERY = Type.Object({
  ...detailed,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_JOB_PAGE })),
  /** Id of a job: the list begins behind it. */
  after: Type.Optional(Type.String()),
  status: Type.Optional(Type.Enum(JOB_STATUSES)),
  command: Type.Optional(Type.String()),
  requester: Type.Optional(Type.String()),
  /** Only jobs of this node. */
  node: Type.Optional(Type.String()),
});
export type JobListQuery = Static<typeof JOB_LIST_QUERY>;

/** Query of `GET jobs/ID` (REFERENCE 8.5). */
export const JOB_QUERY = Type.Object({
  ...detailed,
  /** `true`, exactly, shows the file. */
  include_file: Type.Optional(Type.String()),
});

/** Answer of `GET config/NODE` (REFERENCE 8.2). */
export const AGENT_CONFIG = Type.Object({
  type: Type.Literal('config'),
  host: Type.String(),
  push_jobs: Type.Object({
    heartbeat: Type.Object({
      out_addr: Type.String(),
      command_addr: Type.String(),
      /** Seconds between heartbeats; may be a fraction. */
      interval: Type.Number(),
      offline_threshold: Type.Integer(),
      online_threshold: Type.Integer(),
    }),
  }),
  node: Type.String(),
  organization: Type.String(),
  /** RSA, SPKI PEM: verifies the broadcast. */
  public_key: Type.String(),
  /** Z85; absent when CURVE is off (W2) and from 1.x servers. */
  curve_public_key: Type.Optional(Type.String()),
  encoded_session_key: Type.Object({ method: Type.Literal('hmac_sha256'), key: Type.String() }),
  /** Seconds until the agent should ask again. */
  lifetime: Type.Integer(),
  /** Seconds. */
  max_message_skew: Type.Integer(),
  /** Bytes. */
  max_body_size: Type.Optional(Type.Integer()),
  incarnation_id: Type.String(),
  /** What both can do beyond the protocol of the reference; only when the agent asked. */
  capabilities: Type.Optional(Type.Array(Type.String())),
});
export type AgentConfig = Static<typeof AGENT_CONFIG>;

/** Answer of `GET /pushy/_status` (REFERENCE 8.1). */
export const SERVER_STATUS = Type.Object({
  status: Type.Literal("it's alive"),
  incarnation_id: Type.String(),
  node_fsm_count: Type.Integer(),
  job_processes: Type.Array(Type.String()),
  /** With `detail=true`: what a person should look at, by number; the log has the names. */
  warnings: Type.Optional(
    Type.Object({
      /** Groups `push_job_…` without their twin `pushy_job_…`: they protect nothing. */
      misspelt_groups: Type.Integer(),
    }),
  ),
});
export type ServerStatus = Static<typeof SERVER_STATUS>;

/** `error` is one text in an array, but for 413 and the checks of a job body: there it is the text (REFERENCE 7). */
export const ERROR_BODY = Type.Object({
  error: Type.Union([Type.String(), Type.Array(Type.String())]),
});
export type ErrorBody = Static<typeof ERROR_BODY>;
