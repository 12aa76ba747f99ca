import * as s from './shape.ts';
import type { AgentConfig } from './http.ts';

/** As AGENT_CONFIG of http.ts, which is what the server describes; agents do without the library of that. */
const AGENT_CONFIG = s.object({
  type: s.oneOf('config'),
  host: s.text,
  push_jobs: s.object({
    heartbeat: s.object({
      out_addr: s.text,
      command_addr: s.text,
      interval: s.number,
      offline_threshold: s.integer,
      online_threshold: s.integer,
    }),
  }),
  node: s.text,
  organization: s.text,
  public_key: s.text,
  curve_public_key: s.optional(s.text),
  encoded_session_key: s.object({ method: s.oneOf('hmac_sha256'), key: s.text }),
  lifetime: s.integer,
  max_message_skew: s.integer,
  max_body_size: s.optional(s.integer),
  incarnation_id: s.text,
  capabilities: s.optional(s.listOf(s.text)),
});

/** Reads the answer of `GET config/NODE` (REFERENCE 8.2); undefined for another shape. */
export function readAgentConfig(body: unknown): AgentConfig | undefined {
  return AGENT_CONFIG(body) ? body : undefined;
}
