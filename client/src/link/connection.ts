import {
  DEFAULT_MAX_BODY_BYTES,
  PROTOCOL_VERSION,
  formatHttpDate,
  open,
  parseHttpDate,
  readBroadcast,
  seal,
  type Checked,
  type EnvelopeRefusal,
  type Frames,
  type HeartbeatBroadcast,
  type Proof,
} from '@pushy/protocol';
import { advance, freshSequence, type SequenceState } from '../core/sequence.ts';
import { makeStamp } from '../core/stamp.ts';
import type { LinkTarget } from '../link.ts';
import type { Log } from '../log.ts';
import { makeOutbox, type Draft } from './outbox.ts';
import type { Session } from './session.ts';

/** A body that the server signed and that was not seen before, or why it is dropped. */
export type Received<T> =
  { ok: true; value: T } | { ok: false; reason: EnvelopeRefusal | 'replayed' | 'unknown_shape' };

/** The conversation with the server: numbers, dates, signs and sends; proves what comes. */
export interface Connection {
  /** Speaks with this configuration from now on, over new sockets. */
  use(session: Session): void;
  /**
   * The broadcast may be half-open: opens it anew where it stands. The command channel too, where its loss would not
   * be noticed.
   */
  renew(): void;
  /** The command channel has a new connection: where that is encrypted, nobody else can say on it what was said before. */
  connected(): void;
  post(draft: Draft): void;
  receiveCommand(frames: readonly Buffer[]): Received<Record<string, unknown>>;
  receiveBroadcast(frames: readonly Buffer[]): Received<HeartbeatBroadcast>;
  /** Bytes that the server leaves for the values of `stdout` and `stderr` in this message. */
  roomFor(draft: Draft): number;
}

/** What a connection needs. */
export interface ConnectionDeps {
  readonly link: {
    open(target: LinkTarget): void;
    renew(what: 'both' | 'broadcast'): void;
    send(frames: Frames): Promise<void>;
  };
  readonly now: () => number;
  readonly log: Pick<Log, 'warn'>;
  readonly node: string;
  /** Name of this host: sent and ignored (REFERENCE 15.6, `client`). */
  readonly host: string;
  /** One for each life of the agent, or that of the agent whose run it has adopted (Decision 4). */
  readonly incarnationId: () => string;
  readonly onSendFailure: (why: string) => void;
  /** How frames are proved; unless said, as the protocol does. */
  readonly prove?: typeof open;
}

/** Digits that a sequence may gain between the measuring and the sending of a message. */
const SEQUENCE_SLACK = 16;
/** A commit holds a whole job request, whose HTTP body has at most 1,000,000 bytes. */
const MAX_COMMAND_BYTES = 1_200_000;

/** Makes a connection without a session. */
export function makeConnection(deps: ConnectionDeps): Connection {
  let session: Session | undefined;
  let sent = 0;
  const stamp = makeStamp();
  let commands = freshSequence();
  let broadcasts = freshSequence();
  const outbox = makeOutbox({
    send: async (draft) => {
      if (session === undefined) throw new Error('there is no configuration yet');
      await deps.link.send(
        seal(compose(session, draft, ++sent), { hmac_sha256: session.sessionKey }),
      );
    },
    onFailure: deps.onSendFailure,
    log: deps.log,
  });

  /** Every body starts like this, in this order (REFERENCE 15.6). */
  function compose({ config }: Session, draft: Draft, sequence: number): object {
    return {
      node: deps.node,
      client: deps.host,
      protocol_version: PROTOCOL_VERSION,
      org: config.organization,
      type: draft.type,
      sequence,
      timestamp: formatHttpDate(stamp.next(deps.now(), config.max_message_skew * 1000)),
      incarnation_id: deps.incarnationId(),
      ...draft.members,
    };
  }

  function openSockets(session: Session): void {
    const { heartbeat } = session.config.push_jobs;
    // The numbers start again with the sockets, in both directions (REFERENCE 15.6).
    sent = 0;
    commands = freshSequence();
    broadcasts = freshSequence();
    deps.link.open({
      commandAddress: heartbeat.command_addr,
      broadcastAddress: heartbeat.out_addr,
      ...(session.curve === undefined ? {} : { curve: session.curve }),
      intervalMs: heartbeat.interval * 1000,
      answersPings: answersPings(session),
    });
    outbox.resume();
  }

  function prove(
    frames: readonly Buffer[],
    proof: (session: Session) => Proof,
  ): Checked<Record<string, unknown>> | { ok: false; reason: 'bad_signature' } {
    if (session === undefined) return { ok: false, reason: 'bad_signature' };
    return (deps.prove ?? open)(frames, proof(session), deps.now(), {
      maxBodyBytes: MAX_COMMAND_BYTES,
      maxSkewMs: session.config.max_message_skew * 1000,
    });
  }

  return {
    use: (next) => {
      session = next;
      openSockets(next);
    },
    renew: () => {
      if (session === undefined) return;
      broadcasts = freshSequence();
      if (answersPings(session)) deps.link.renew('broadcast');
      else {
        // Our own numbers go on: a message may still wait for a connection that is on its way.
        commands = freshSequence();
        deps.link.renew('both');
      }
      outbox.resume();
    },
    connected: () => {
      if (session?.curve !== undefined) commands = freshSequence();
    },
    post: (draft) => {
      outbox.post(draft);
    },
    receiveCommand: (frames) => {
      const opened = prove(frames, ({ sessionKey }) => ({ hmac_sha256: sessionKey }));
      if (!opened.ok) return opened;
      const signature = session?.curve === undefined ? undefined : frames[0]?.toString('latin1');
      const next = inOrder(commands, opened.value, signature);
      if (next === undefined) return { ok: false, reason: 'replayed' };
      commands = next;
      return opened;
    },
    receiveBroadcast: (frames) => {
      const opened = prove(frames, ({ serverKey }) => ({ rsa2048_sha1: serverKey }));
      if (!opened.ok) return opened;
      const value = readBroadcast(opened.value);
      if (value === undefined) return { ok: false, reason: 'unknown_shape' };
      // Signed for all, encrypted for nobody.
      const next = inOrder(broadcasts, opened.value);
      if (next === undefined) return { ok: false, reason: 'replayed' };
      broadcasts = next;
      stamp.heard(next.newest);
      return { ok: true, value };
    },
    roomFor: (draft) => {
      if (session === undefined) return 0;
      const limit = session.config.max_body_size ?? DEFAULT_MAX_BODY_BYTES;
      const frame = Buffer.byteLength(JSON.stringify(compose(session, draft, sent)));
      return Math.max(0, limit - frame - SEQUENCE_SLACK);
    },
  };
}

/** A server that names capabilities (Decision 5) has a libzmq that answers pings; of any other nothing is known. */
function answersPings({ config }: Session): boolean {
  return config.capabilities !== undefined;
}

/** The next state for a body that is in order (Z4). */
function inOrder(
  state: SequenceState,
  { sequence, timestamp }: Record<string, unknown>,
  signature?: string,
): SequenceState | undefined {
  const at = typeof timestamp === 'string' ? parseHttpDate(timestamp) : undefined;
  if (typeof sequence !== 'number' || at === undefined) return undefined;
  return advance(state, {
    sequence,
    timestamp: at,
    ...(signature === undefined ? {} : { signature }),
  });
}
