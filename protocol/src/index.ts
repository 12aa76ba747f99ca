export { GLOSSARY } from './glossary.ts';
export {
  JOB_STATES,
  JOB_STATUSES,
  NODE_STATUSES,
  OUTPUT_STREAMS,
  isFinished,
  isSettled,
  type JobState,
  type JobStatus,
  type NodeStatus,
  type OutputStream,
} from './statuses.ts';
export {
  CURVE_KEY_LENGTH,
  DEFAULT_MAX_BODY_BYTES,
  MAX_FILE_BYTES,
  MAX_HEADER_BYTES,
  MAX_JOB_ID_LENGTH,
  MAX_JOB_PAGE,
  MAX_MESSAGE_SKEW_MS,
  MAX_REQUEST_BYTES,
  MAX_REQUEST_SKEW_MS,
  OFFLINE_THRESHOLD,
  ONLINE_THRESHOLD,
  PROTOCOL_VERSION,
  SESSION_KEY_BYTES,
} from './limits.ts';
export { CAPABILITIES, parseCapabilities, type Capability } from './capabilities.ts';
export {
  FEED_KEEPALIVE,
  FEED_TYPE,
  START_OF_HISTORY_ID,
  SUMMARY_ID,
  encodeFeedComment,
  encodeFeedEvent,
  encodeFeedRetry,
  eventSeq,
  jobEventId,
  makeFeedDecoder,
  orgEventId,
  type FeedDecoder,
  type FeedItem,
  type OutgoingEvent,
} from './feed.ts';
export { formatFeedTime } from './feed-time.ts';
export { formatHttpDate, parseHttpDate } from './http-date.ts';
export {
  SIGNING_METHODS,
  open,
  seal,
  unpack,
  verify,
  type Checked,
  type EnvelopeRefusal,
  type Frames,
  type Proof,
  type SigningMethod,
  type Unverified,
} from './envelope.ts';
export { ProtocolError, type ProtocolErrorCode } from './errors.ts';
export { unpadPkcs1 } from './pkcs1.ts';
export { unwrapSessionKey, wrapSessionKey, type EncodedSessionKey } from './session-key.ts';
export {
  JOB_ANSWERS,
  RUN_ENDS,
  jobIdOf,
  readAgentMessage,
  readBroadcast,
  readServerMessage,
  type AbortMessage,
  type AckMessage,
  type AgentHeartbeat,
  type AgentJobAnswer,
  type AgentMessage,
  type AgentRunEnd,
  type CommitMessage,
  type HeartbeatBroadcast,
  type JobMessageType,
  type ResultAckMessage,
  type RunMessage,
  type ServerMessage,
} from './messages.ts';
export { readAgentConfig } from './agent-config.ts';
export type {
  AgentConfig,
  Availability,
  ErrorBody,
  Job,
  JobBrief,
  JobBriefDetail,
  JobCreated,
  JobDeleted,
  JobDetailView,
  JobListQuery,
  JobRequest,
  JobSearchRequest,
  NodeAvailability,
  NodeDetail,
  NodesByStatus,
  NodeState,
  ServerStatus,
  StopRequest,
} from './http.ts';
