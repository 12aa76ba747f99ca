import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { MAX_JOB_ID_LENGTH } from './limits.ts';
import { JOB_STATES } from './statuses.ts';

/** What every body from the server starts with (REFERENCE 15.5). */
const fromServer = { sequence: Type.Integer(), timestamp: Type.String() };

/** Bodies that the server sends on the command channel (REFERENCE 15.5), by type. */
export const SERVER_MESSAGES = {
  abort: Type.Object({ ...fromServer, type: Type.Literal('abort') }),
  ack: Type.Object({ ...fromServer, type: Type.Literal('ack') }),
  commit: Type.Object({
    ...fromServer,
    type: Type.Literal('commit'),
    job_id: Type.String(),
    server: Type.Optional(Type.String()),
    command: Type.String(),
    user: Type.Optional(Type.String()),
    dir: Type.Optional(Type.String()),
    env: Type.Optional(Type.Record(Type.String(), Type.String())),
    /** `raw:` or `base64:` and the contents. */
    file: Type.Optional(Type.String()),
    capture: Type.Optional(Type.Boolean()),
  }),
  run: Type.Object({ ...fromServer, type: Type.Literal('run'), job_id: Type.String() }),
  /** Only to nodes with the capability `result_ack`. */
  result_ack: Type.Object({
    ...fromServer,
    type: Type.Literal('result_ack'),
    job_id: Type.String(),
  }),
} as const;

/** The server's broadcast, signed with its RSA key (REFERENCE 15.5). */
export const HEARTBEAT_BROADCAST = Type.Object({
  ...fromServer,
  server: Type.String(),
  type: Type.Literal('heartbeat'),
  incarnation_id: Type.String(),
});

/** What every body from an agent starts with (REFERENCE 15.6). */
const fromAgent = {
  node: Type.String({ minLength: 1 }),
  client: Type.Optional(Type.String()),
  protocol_version: Type.Optional(Type.String()),
  org: Type.String({ minLength: 1 }),
  sequence: Type.Optional(Type.Integer()),
  timestamp: Type.String(),
  incarnation_id: Type.Optional(Type.String()),
};
const jobId = Type.Union([Type.String(), Type.Null()]);

/** Answers of an agent about a job: type and job id, nothing else (REFERENCE 15.6). */
export const JOB_ANSWERS = ['ack_commit', 'nack_commit', 'ack_run', 'nack_run', 'aborted'] as const;
/** Ends of a run: with the output, when it was captured (REFERENCE 15.6). */
export const RUN_ENDS = ['succeeded', 'failed'] as const;

/** Types of agent messages that speak of a job. */
export type JobMessageType = (typeof JOB_ANSWERS)[number] | (typeof RUN_ENDS)[number];

/** Bodies that an agent sends (REFERENCE 15.6). */
export const AGENT_HEARTBEAT = Type.Object({
  ...fromAgent,
  type: Type.Literal('heartbeat'),
  job_state: Type.Optional(Type.Enum(JOB_STATES)),
  job_id: Type.Optional(jobId),
});
export const AGENT_JOB_ANSWER = Type.Object({
  ...fromAgent,
  type: Type.Enum(JOB_ANSWERS),
  job_id: Type.Optional(jobId),
  /** Why a commit or a run was refused, for people. Old servers ignore it. */
  reason: Type.Optional(Type.String()),
});
export const AGENT_RUN_END = Type.Object({
  ...fromAgent,
  type: Type.Enum(RUN_ENDS),
  job_id: Type.Optional(jobId),
  stdout: Type.Optional(Type.String()),
  stderr: Type.Optional(Type.String()),
});

export type AbortMessage = Static<typeof SERVER_MESSAGES.abort>;
export type AckMessage = Static<typeof SERVER_MESSAGES.ack>;
export type CommitMessage = Static<typeof SERVER_MESSAGES.commit>;
export type RunMessage = Static<typeof SERVER_MESSAGES.run>;
export type ResultAckMessage = Static<typeof SERVER_MESSAGES.result_ack>;
export type ServerMessage =
  AbortMessage | AckMessage | CommitMessage | RunMessage | ResultAckMessage;
export type HeartbeatBroadcast = Static<typeof HEARTBEAT_BROADCAST>;
export type AgentHeartbeat = Static<typeof AGENT_HEARTBEAT>;
export type AgentJobAnswer = Static<typeof AGENT_JOB_ANSWER>;
export type AgentRunEnd = Static<typeof AGENT_RUN_END>;
export type AgentMessage = AgentHeartbeat | AgentJobAnswer | AgentRunEnd;

/** Reads a verified body that came from the server; undefined for a type or shape that nobody knows. */
export const readServerMessage = reader(
  Type.Union([
    SERVER_MESSAGES.abort,
    SERVER_MESSAGES.ack,
    SERVER_MESSAGES.commit,
    SERVER_MESSAGES.run,
    SERVER_MESSAGES.result_ack,
  ]),
);

/** Reads a verified broadcast of the server. */
export const readBroadcast = reader(HEARTBEAT_BROADCAST);

/** Reads a verified body that came from an agent; undefined for a type or shape that nobody knows. */
export const readAgentMessage = reader(
  Type.Union([AGENT_HEARTBEAT, AGENT_JOB_ANSWER, AGENT_RUN_END]),
);

/**
 * The job id of an agent's message: null for JSON null and the text `null`; undefined, an unknown job, where it is
 * missing and for one that no server ever gave: longer than 64 characters (REFERENCE 15.6).
 */
export function jobIdOf(message: { job_id?: string | null }): string | null | undefined {
  const id = message.job_id;
  if (id === null || id === 'null') return null;
  return id === undefined || id.length > MAX_JOB_ID_LENGTH ? undefined : id;
}

function reader<S extends TSchema>(schema: S): (body: unknown) => Static<S> | undefined {
  const compiled = Compile(schema);
  return (body) => (compiled.Check(body) ? body : undefined);
}
