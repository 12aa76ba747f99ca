import { createPrivateKey, type KeyObject } from 'node:crypto';
import {
  formatHttpDate,
  open,
  readServerMessage,
  seal,
  unwrapSessionKey,
  type AgentConfig,
  type CommitMessage,
  type RunMessage,
  type ServerMessage,
} from '@pushy/protocol';
import { Context, curveKeyPair, Dealer } from 'zeromq';
import { send, sendSigned } from './http.ts';

/** A node on a real socket: does what an agent does, a job at a time, without running anything. */
export interface WireAgent {
  /** Sends heartbeats until the server knows this connection and calls the node available. */
  heartbeat(): Promise<void>;
  /** Sends one heartbeat and waits for nothing. */
  beat(): Promise<void>;
  close(): Promise<void>;
  /** What it signs with. */
  readonly sessionKey: Buffer;
}

/** Sends a message of an agent. */
export type Say = (type: string, more: object) => Promise<void>;

/** Fetches the configuration, connects with CURVE, commits to every job and reports `output` as its result. */
export async function startWireAgent(options: {
  port: number;
  org: string;
  node: string;
  key: string;
  output: string;
  /** Signs with this one, whatever the configuration says. */
  sessionKey?: Buffer;
  /** Answers commits and runs in its stead. */
  play?: (message: CommitMessage | RunMessage, say: Say) => Promise<void>;
}): Promise<WireAgent> {
  const { port, org, node, key, output, play } = options;
  const curve = curveKeyPair();
  const path = `/organizations/${org}/pushy/config/${node}?ccpk=${encodeURIComponent(curve.publicKey)}`;
  const answer = await sendSigned({ userId: node, key }, { port, path });
  if (answer.status !== 200) throw new Error(`no configuration for ${node}: ${answer.body}`);
  const config = JSON.parse(answer.body) as AgentConfig;
  const privateKey: KeyObject = createPrivateKey(key);
  const hmac = options.sessionKey ?? unwrapSessionKey(config.encoded_session_key, privateKey);

  const socket = new Dealer({
    context: new Context({ blocky: false }),
    linger: 0,
    curveSecretKey: curve.secretKey,
    curvePublicKey: curve.publicKey,
    curveServerKey: config.curve_public_key ?? null,
  });
  socket.connect(config.push_jobs.heartbeat.command_addr);

  let sequence = 0;
  let running: string | null = null;
  /** One send at a time: a full queue makes the next ones wait. */
  let sending = Promise.resolve();
  const say: Say = (type, more) => {
    sequence += 1;
    const timestamp = formatHttpDate(Date.now());
    const body = { node, org, type, sequence, timestamp, incarnation_id: 'one', ...more };
    const frames = [...seal(body, { hmac_sha256: hmac })];
    sending = sending.then(() => socket.send(frames));
    return sending;
  };
  const beat = (): Promise<void> =>
    say('heartbeat', { job_state: running === null ? 'idle' : 'running', job_id: running });

  const hear = async (message: ServerMessage): Promise<void> => {
    if (play !== undefined && (message.type === 'commit' || message.type === 'run')) {
      await play(message, say);
      return;
    }
    switch (message.type) {
      case 'commit':
        await say('ack_commit', { job_id: message.job_id });
        break;
      case 'run':
        running = message.job_id;
        await say('ack_run', { job_id: message.job_id });
        await say('succeeded', { job_id: message.job_id, stdout: output, stderr: '' });
        running = null;
        break;
      case 'abort':
        await say('aborted', { job_id: running });
        running = null;
        break;
      case 'ack':
      case 'removed':
      case 'result_ack':
        break;
    }
  };
  /** The server has said something on this connection: it sends no order for the node on one of before. */
  let isKnown = false;
  const reading = (async () => {
    for await (const frames of socket) {
      const opened = open(frames, { hmac_sha256: hmac }, Date.now());
      const message = opened.ok ? readServerMessage(opened.value) : undefined;
      if (message === undefined) continue;
      isKnown = true;
      await hear(message);
    }
  })();

  const state = async (): Promise<string> => {
    const where = `/organizations/${org}/pushy/node_states/${node}`;
    return (await sendSigned({ userId: node, key }, { port, path: where })).body;
  };
  return {
    heartbeat: async () => {
      // Each turn waits for an answer over HTTP: the loop is paced by the server, and ends with the test.
      await send({ port, path: '/pushy/_status' });
      do await beat();
      while (!(await state()).includes('"availability":"available"') || !isKnown);
    },
    beat,
    sessionKey: hmac,
    close: async () => {
      socket.close();
      await reading;
    },
  };
}
