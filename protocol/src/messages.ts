import * as v from 'valibot';
import { MAX_JOB_ID_LENGTH } from './limits.ts';
import { JOB_STATES } from './statuses.ts';

const integer = v.pipe(v.number(), v.integer());

/** What every body from the server starts with (REFERENCE 15.5). */
const fromServer = { sequence: integer, timestamp: v.string() };

/** To the library's own record a list is one too. */
const env = v.custom<Record<string, string>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === 'string'),
);

const ABORT = v.object({ ...fromServer, type: v.literal('abort') });
const ACK = v.object({ ...fromServer, type: v.literal('ack') });
const COMMIT = v.object({
  ...fromServer,
  type: v.literal('commit'),
  job_id: v.string(),
  server: v.exactOptional(v.string()),
  command: v.string(),
  user: v.exactOptional(v.string()),
  dir: v.exactOptional(v.string()),
  env: v.exactOptional(env),
  /** `raw:` or `base64:` and the contents. */
  file: v.exactOptional(v.string()),
  capture: v.exactOptional(v.boolean()),
});
const RUN = v.object({ ...fromServer, type: v.literal('run'), job_id: v.string() });
/** Only to nodes with the capability `result_ack`. */
const RESULT_ACK = v.object({ ...fromServer, type: v.literal('result_ack'), job_id: v.string() });

/** Bodies that the server sends on the command channel (REFERENCE 15.5). */
const SERVER_MESSAGE = v.variant('type', [ABORT, ACK, COMMIT, RUN, RESULT_ACK]);

/** The server's broadcast, signed with its RSA key (REFERENCE 15.5). */
const HEARTBEAT_BROADCAST = v.object({
  ...fromServer,
  server: v.string(),
  type: v.literal('heartbeat'),
  incarnation_id: v.string(),
});

/** What every body from an agent starts with (REFERENCE 15.6). */
const fromAgent = {
  node: v.pipe(v.string(), v.nonEmpty()),
  client: v.exactOptional(v.string()),
  protocol_version: v.exactOptional(v.string()),
  org: v.pipe(v.string(), v.nonEmpty()),
  sequence: v.exactOptional(integer),
  timestamp: v.string(),
  incarnation_id: v.exactOptional(v.string()),
};
const jobId = v.nullable(v.string());

/** Answers of an agent about a job: type and job id, nothing else (REFERENCE 15.6). */
export const JOB_ANSWERS = ['ack_commit', 'nack_commit', 'ack_run', 'nack_run', 'aborted'] as const;
/** Ends of a run: with the output, when it was captured (REFERENCE 15.6). */
export const RUN_ENDS = ['succeeded', 'failed'] as const;

/** Types of agent messages that speak of a job. */
export type JobMessageType = (typeof JOB_ANSWERS)[number] | (typeof RUN_ENDS)[number];

const AGENT_HEARTBEAT = v.object({
  ...fromAgent,
  type: v.literal('heartbeat'),
  job_state: v.exactOptional(v.picklist(JOB_STATES)),
  job_id: v.exactOptional(jobId),
});
const AGENT_JOB_ANSWER = v.object({
  ...fromAgent,
  type: v.picklist(JOB_ANSWERS),
  job_id: v.exactOptional(jobId),
  /** Why a commit or a run was refused, for people. Old servers ignore it. */
  reason: v.exactOptional(v.string()),
});
const AGENT_RUN_END = v.object({
  ...fromAgent,
  type: v.picklist(RUN_ENDS),
  job_id: v.exactOptional(jobId),
  stdout: v.exactOptional(v.string()),
  stderr: v.exactOptional(v.string()),
});

/** Bodies that an agent sends (REFERENCE 15.6). */
const AGENT_MESSAGE = v.variant('type', [AGENT_HEARTBEAT, AGENT_JOB_ANSWER, AGENT_RUN_END]);

export type AbortMessage = v.InferOutput<typeof ABORT>;
export type AckMessage = v.InferOutput<typeof ACK>;
export type CommitMessage = v.InferOutput<typeof COMMIT>;
export type RunMessage = v.InferOutput<typeof RUN>;
export type ResultAckMessage = v.InferOutput<typeof RESULT_ACK>;
export type ServerMessage =
  AbortMessage | AckMessage | CommitMessage | RunMessage | ResultAckMessage;
export type HeartbeatBroadcast = v.InferOutput<typeof HEARTBEAT_BROADCAST>;
export type AgentHeartbeat = v.InferOutput<typeof AGENT_HEARTBEAT>;
export type AgentJobAnswer = v.InferOutput<typeof AGENT_JOB_ANSWER>;
export type AgentRunEnd = v.InferOutput<typeof AGENT_RUN_END>;
export type AgentMessage = AgentHeartbeat | AgentJobAnswer | AgentRunEnd;

/** Reads a verified body that came from the server; undefined for a type or shape that nobody knows. */
export function readServerMessage(body: unknown): ServerMessage | undefined {
  return v.is(SERVER_MESSAGE, body) ? body : undefined;
}

/** Reads a verified broadcast of the server. */
export function readBroadcast(body: unknown): HeartbeatBroadcast | undefined {
  return v.is(HEARTBEAT_BROADCAST, body) ? body : undefined;
}

/** Reads a verified body that came from an agent; undefined for a type or shape that nobody knows. */
export function readAgentMessage(body: unknown): AgentMessage | undefined {
  return v.is(AGENT_MESSAGE, body) ? body : undefined;
}

/**
 * The job id of an agent's message: null for JSON null and the text `null`; undefined, an unknown job, where it is
 * missing and for one that no server ever gave: longer than 64 characters (REFERENCE 15.6).
 */
export function jobIdOf(message: { job_id?: string | null }): string | null | undefined {
  const id = message.job_id;
  if (id === null || id === 'null') return null;
  return id === undefined || id.length > MAX_JOB_ID_LENGTH ? undefined : id;
}
