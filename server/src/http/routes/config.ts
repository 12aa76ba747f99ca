import {
  CURVE_KEY_LENGTH,
  OFFLINE_THRESHOLD,
  ONLINE_THRESHOLD,
  parseCapabilities,
  wrapSessionKey,
  type AgentConfig,
  type Capability,
} from '@pushy/protocol';
import { refuse, type Judged } from '../answer.ts';
import type { Asked, Route } from '../route.ts';

/** What an agent is told about this server (REFERENCE 8.2). */
export interface AgentSettings {
  serverName: string;
  /** As they are bound. */
  ports: { heartbeat: number; command: number };
  /** Milliseconds. */
  heartbeatInterval: number;
  /** Seconds. */
  configLifetime: number;
  /** Seconds. */
  maxTimeSkew: number;
  /** Bytes. */
  maxBodySize: number;
  incarnationId: string;
  /** RSA, SPKI PEM. */
  publicKey: string;
  /** Z85; absent when CURVE is off (W2). */
  curvePublicKey?: string;
}

/** A CURVE key that may connect from now on. */
interface Admission {
  orgId: string;
  node: string;
  curveKey: Buffer;
  requester: { name: string; type: 'user' | 'client' };
  /** Undefined: nothing is said of them. */
  capabilities: readonly Capability[] | undefined;
}

export interface ConfigDeps {
  /** Asked at every request: the ports are known when the sockets are bound. */
  settings(): AgentSettings;
  sessionKey(orgId: string, node: string): Buffer;
  admit(admission: Admission): Promise<void>;
  /** The 32 bytes of a Z85 text; undefined for a text that is none. */
  decodeCurveKey(text: string): Buffer | undefined;
  randomBytes(count: number): Buffer;
}

/** `GET config/NODE` (REFERENCE 8.2). */
export function makeGetConfig(deps: ConfigDeps): Route<Buffer | undefined> {
  return {
    check: (asked) =>
      deps.settings().curvePublicKey === undefined
        ? { ok: true, value: undefined }
        : readCurveKey(asked, deps),
    answer: async ({ org, orgId, principal, params, query }, curveKey) => {
      const node = params['node'] ?? '';
      const { name, type } = principal;
      // Decision 12: they are stored with the key. Where there is none, a restart would forget what was promised.
      const isKept = curveKey !== undefined && type === 'client';
      const asked = isKept ? query['capabilities'] : undefined;
      const capabilities = typeof asked === 'string' ? parseCapabilities(asked) : undefined;
      // S3: a user gets a configuration that works for nobody: the key is thrown away.
      const key = type === 'client' ? deps.sessionKey(orgId, node) : deps.randomBytes(32);
      const json: AgentConfig = {
        ...describe(deps.settings()),
        node,
        organization: org,
        encoded_session_key: wrapSessionKey(key, principal.publicKey),
        ...(capabilities === undefined ? {} : { capabilities }),
      };
      // S1: nothing can refuse this request any more.
      if (curveKey !== undefined) {
        const requester = { name, type };
        const told = query['look'] === undefined ? (capabilities ?? []) : undefined;
        await deps.admit({ orgId, node, curveKey, requester, capabilities: told });
      }
      return { status: 200, json };
    },
  };
}

/** REFERENCE 8.2, `ccpk`; H7: what Z85 does not know is the sender's fault. */
function readCurveKey({ query }: Asked, deps: ConfigDeps): Judged<Buffer> {
  const text = query['ccpk'];
  if (typeof text !== 'string') return refuse(400, 'Missing ccpk');
  if (text.length !== CURVE_KEY_LENGTH) return refuse(401, 'Bad ccpk');
  const curveKey = deps.decodeCurveKey(text);
  return curveKey === undefined ? refuse(400, 'Bad ccpk') : { ok: true, value: curveKey };
}

function describe(
  settings: AgentSettings,
): Omit<AgentConfig, 'node' | 'organization' | 'encoded_session_key'> {
  const { serverName, ports } = settings;
  return {
    type: 'config',
    host: serverName,
    push_jobs: {
      heartbeat: {
        out_addr: `tcp://${serverName}:${ports.heartbeat}`,
        command_addr: `tcp://${serverName}:${ports.command}`,
        interval: settings.heartbeatInterval / 1000,
        offline_threshold: OFFLINE_THRESHOLD,
        online_threshold: ONLINE_THRESHOLD,
      },
    },
    public_key: settings.publicKey,
    ...(settings.curvePublicKey === undefined ? {} : { curve_public_key: settings.curvePublicKey }),
    lifetime: settings.configLifetime,
    max_message_skew: settings.maxTimeSkew,
    max_body_size: settings.maxBodySize,
    incarnation_id: settings.incarnationId,
  };
}
