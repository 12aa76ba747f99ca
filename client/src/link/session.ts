import type { KeyObject } from 'node:crypto';
import type { AgentConfig } from '@pushy/protocol';

/** The agent's own CURVE pair, in Z85; one for the life of the process. */
export interface CurveKeys {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** What one fetch of the configuration gives: all that the sockets and messages need. */
export interface Session {
  readonly config: AgentConfig;
  /** Signs and proves every message of the command channel (REFERENCE 15.3). */
  readonly sessionKey: Buffer;
  /** Proves the broadcast. */
  readonly serverKey: KeyObject;
  /** Absent: the command channel is not encrypted, which `allow_unencrypted` alone permits. */
  readonly curve?: CurveKeys & { readonly serverKey: string };
}
