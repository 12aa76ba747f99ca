import * as v from 'valibot';
import type { AgentConfig } from './http.ts';

const integer = v.pipe(v.number(), v.integer());

/** As AGENT_CONFIG of http.ts, which is what the server describes; agents do without the library of that. */
const AGENT_CONFIG = v.object({
  type: v.literal('config'),
  host: v.string(),
  push_jobs: v.object({
    heartbeat: v.object({
      out_addr: v.string(),
      command_addr: v.string(),
      interval: v.pipe(v.number(), v.finite()),
      offline_threshold: integer,
      online_threshold: integer,
    }),
  }),
  node: v.string(),
  organization: v.string(),
  public_key: v.string(),
  curve_public_key: v.exactOptional(v.string()),
  encoded_session_key: v.object({ method: v.literal('hmac_sha256'), key: v.string() }),
  lifetime: integer,
  max_message_skew: integer,
  max_body_size: v.exactOptional(integer),
  incarnation_id: v.string(),
  capabilities: v.exactOptional(v.array(v.string())),
});

/** Reads the answer of `GET config/NODE` (REFERENCE 8.2); undefined for another shape. */
export function readAgentConfig(body: unknown): AgentConfig | undefined {
  return v.is(AGENT_CONFIG, body) ? body : undefined;
}
