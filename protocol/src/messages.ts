import * as s from './shape.ts';
import { MAX_JOB_ID_LENGTH } from './limits.ts';
import { JOB_STATES } from './statuses.ts';

/**
 * What every body from the server starts with (REFERENCE 15.5). The type stands before it in each shape: it tells
 * one from the other at the first look.
 */
const fromServer = { sequence: s.integer, timestamp: s.text };

const ABORT = s.object({ type: s.oneOf('abort'), ...fromServer });
const ACK = s.object({ type: s.oneOf('ack'), ...fromServer });
const COMMIT = s.object({
  type: s.oneOf('commit'),
  ...fromServer,
  job_id: s.text,
  server: s.optional(s.text),
  command: s.text,
  user: s.optional(s.text),
  dir: s.optional(s.text),
  env: s.optional(s.recordOf(s.text)),
  /** `raw:` or `base64:` and the contents. */
  file: s.optional(s.text),
  capture: s.optional(s.boolean),
  /** Seconds. Only to nodes with the capability `run_timeout`. */
  run_timeout: s.optional(s.number),
});
const RUN = s.object({ type: s.oneOf('run'), ...fromServer, job_id: s.text });
/** Only to nodes with the capability `result_ack`. */
const RESULT_ACK = s.object({ type: s.oneOf('result_ack'), ...fromServer, job_id: s.text });
/** Only to nodes with the capability `removal`. */
const REMOVED = s.object({ ...fromServer, type: s.oneOf('removed') });

/** Bodies that the server sends on the command channel (REFERENCE 15.5). */
const SERVER_MESSAGE = s.anyOf(ABORT, ACK, COMMIT, RUN, RESULT_ACK, REMOVED);

/** The server's broadcast, signed with its RSA key (REFERENCE 15.5). */
const HEARTBEAT_BROADCAST = s.object({
  type: s.oneOf('heartbeat'),
  ...fromServer,
  server: s.text,
  incarnation_id: s.text,
});

/** What every body from an agent starts with (REFERENCE 15.6). */
const fromAgent = {
  node: s.someText,
  client: s.optional(s.text),
  protocol_version: s.optional(s.text),
  org: s.someText,
  sequence: s.optional(s.integer),
  timestamp: s.text,
  incarnation_id: s.optional(s.text),
};
const jobId = s.orNull(s.text);

/** Answers of an agent about a job (REFERENCE 15.6). */
export const JOB_ANSWERS = ['ack_commit', 'nack_commit', 'ack_run', 'nack_run', 'aborted'] as const;
/** Ends of a run: with the output, when it was captured (REFERENCE 15.6). */
export const RUN_ENDS = ['succeeded', 'failed'] as const;

/** Types of agent messages that speak of a job. */
export type JobMessageType = (typeof JOB_ANSWERS)[number] | (typeof RUN_ENDS)[number];

const AGENT_HEARTBEAT = s.object({
  type: s.oneOf('heartbeat'),
  ...fromAgent,
  job_state: s.optional(s.oneOf(...JOB_STATES)),
  job_id: s.optional(jobId),
});
const AGENT_JOB_ANSWER = s.object({
  type: s.oneOf(...JOB_ANSWERS),
  ...fromAgent,
  job_id: s.optional(jobId),
  /** Why a commit or a run was refused, for people. Old servers ignore it. */
  reason: s.optional(s.text),
  /** Of `aborted`, to servers with the capability `stopped_output`: what the run had written. */
  stdout: s.optional(s.text),
  stderr: s.optional(s.text),
});
const AGENT_RUN_END = s.object({
  type: s.oneOf(...RUN_ENDS),
  ...fromAgent,
  job_id: s.optional(jobId),
  stdout: s.optional(s.text),
  stderr: s.optional(s.text),
});

/** Bodies that an agent sends (REFERENCE 15.6). */
const AGENT_MESSAGE = s.anyOf(AGENT_HEARTBEAT, AGENT_JOB_ANSWER, AGENT_RUN_END);

export type AbortMessage = s.TypeOf<typeof ABORT>;
export type AckMessage = s.TypeOf<typeof ACK>;
export type CommitMessage = s.TypeOf<typeof COMMIT>;
export type RunMessage = s.TypeOf<typeof RUN>;
export type ResultAckMessage = s.TypeOf<typeof RESULT_ACK>;
export type RemovedMessage = s.TypeOf<typeof REMOVED>;
export type ServerMessage =
  AbortMessage | AckMessage | CommitMessage | RunMessage | ResultAckMessage | RemovedMessage;
export type HeartbeatBroadcast = s.TypeOf<typeof HEARTBEAT_BROADCAST>;
export type AgentHeartbeat = s.TypeOf<typeof AGENT_HEARTBEAT>;
export type AgentJobAnswer = s.TypeOf<typeof AGENT_JOB_ANSWER>;
export type AgentRunEnd = s.TypeOf<typeof AGENT_RUN_END>;
export type AgentMessage = AgentHeartbeat | AgentJobAnswer | AgentRunEnd;

/** Reads a verified body that came from the server; undefined for a type or shape that nobody knows. */
export function readServerMessage(body: unknown): ServerMessage | undefined {
  return SERVER_MESSAGE(body) ? body : undefined;
}

/** Reads a verified broadcast of the server. */
export function readBroadcast(body: unknown): HeartbeatBroadcast | undefined {
  return HEARTBEAT_BROADCAST(body) ? body : undefined;
}

/** Reads a verified body that came from an agent; undefined for a type or shape that nobody knows. */
export function readAgentMessage(body: unknown): AgentMessage | undefined {
  return AGENT_MESSAGE(body) ? body : undefined;
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
