import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Db } from '../db/db.ts';
import { listAdmissions } from '../db/list-admissions.ts';
import { listGenerations } from '../db/list-generations.ts';
import { removeAdmissions } from '../db/remove-admissions.ts';
import { removeLapsedAdmissions } from '../db/remove-lapsed-admissions.ts';
import { saveAdmission } from '../db/save-admission.ts';
import type { Log } from '../log.ts';
import type { Secrets } from '../secrets/open-secrets.ts';
import { makeAdmissions, type Admissions } from '../zmq/admissions.ts';
import {
  makeClientChecks,
  type ClientChecks,
  type ClientChecksDeps,
} from '../zmq/client-checks.ts';
import { COMMAND_DOMAIN, makeCommandSocket, type CommandSocket } from '../zmq/command-socket.ts';
import { makeZmqContext } from '../zmq/context.ts';
import { makeHandshakeRate } from '../zmq/handshake-rate.ts';
import {
  HEARTBEAT_DOMAIN,
  makeHeartbeatSocket,
  type HeartbeatSocket,
} from '../zmq/heartbeat-socket.ts';
import { makeZap } from '../zmq/zap.ts';
import { cannot } from './cannot.ts';
import type { Teardown } from './teardown.ts';

/** Both sockets and who may connect, not bound yet. */
export interface Wire {
  admissions: Admissions;
  clients: Pick<ClientChecks, 'gone'>;
  /** With which the node and the server sign now. */
  sessionKey: (orgId: string, node: string) => Buffer;
  command: CommandSocket;
  heartbeat: HeartbeatSocket;
  /** Listens on both; answers the ports. */
  bind(): Promise<{ command: number; heartbeat: number }>;
}

export interface WireDeps {
  config: Config;
  db: Db;
  clock: Clock;
  log: Log;
  secrets: Secrets;
  teardown: Teardown;
  /** Counts what is refused. */
  count: (name: string, n?: number) => void;
  /** Connections at most, on each of the two sockets. */
  maxConnections: number;
  /** Asks the directory for a client. */
  askForClient: ClientChecksDeps['ask'];
  removeNode: ClientChecksDeps['remove'];
  onFrames: (address: Buffer, frames: readonly Buffer[]) => void;
}

/** The ZeroMQ side: PUB, ROUTER and, unless CURVE is off, its guard. */
export async function openWire(deps: WireDeps): Promise<Wire> {
  const { config, db, clock, log, secrets, teardown, count, maxConnections, onFrames } = deps;
  const context = makeZmqContext(config.zmqIoProcesses);
  const sessionKey: Wire['sessionKey'] = (orgId, node) =>
    secrets.sessionKey(orgId, node, admissions.generation(orgId, node));
  const admissions = makeAdmissions({
    clock,
    log,
    configLifetime: config.configLifetime,
    store: {
      save: (admission, keep) => saveAdmission(db, admission, keep),
      list: async () => {
        const stored = await listAdmissions(db);
        clients.load(stored);
        // All at once: to open and close the memory of the secrets for each node costs three times as much as its key.
        for (const { orgId, node } of stored) sessionKey(orgId, node);
        return stored;
      },
      remove: (orgId, node, generation) => removeAdmissions(db, orgId, node, generation),
      generations: () => listGenerations(db),
      removeLapsed: (before) => removeLapsedAdmissions(db, before),
    },
  });
  const clients = makeClientChecks({
    clock,
    log,
    count,
    interval: config.admissionCheckInterval * 1000,
    ask: deps.askForClient,
    isAdmitted: (orgId, node) => admissions.isAdmitted(orgId, node),
    remove: deps.removeNode,
  });
  teardown.add('admissions', () => {
    clients.stop();
    admissions.close();
    return undefined;
  });
  await admissions.load();

  const encrypted = !config.disableCurveEncryption;
  const shared = { context, clock, log, count, maxConnections };
  if (encrypted) {
    // libzmq asks whoever is there when a peer connects: the guard stands before the doors open.
    const allows = (key: Buffer): boolean => {
      const allowed = admissions.allows(key);
      if (allowed) count('handshakes_admitted');
      return allowed;
    };
    const zap = makeZap({
      ...shared,
      doors: {
        [COMMAND_DOMAIN]: {
          allows,
          isFull: () => command.connections.isFull(),
          rate: makeHandshakeRate(),
        },
        [HEARTBEAT_DOMAIN]: {
          isFull: () => heartbeat.connections.isFull(),
          rate: makeHandshakeRate(),
        },
      },
    });
    zap.start();
    teardown.add('zap', () => zap.close());
  }
  const command = makeCommandSocket({
    ...shared,
    maxBodySize: config.maxBodySize,
    onFrames,
    ...(encrypted ? { curve: secrets.curve } : {}),
  });
  teardown.add('command socket', () => command.close());
  const heartbeat = makeHeartbeatSocket({ ...shared, guarded: encrypted });
  teardown.add('heartbeat socket', () => heartbeat.close());

  return {
    admissions: {
      ...admissions,
      admit: (admission) => {
        clients.seen(admission);
        return admissions.admit(admission);
      },
    },
    clients,
    sessionKey,
    command,
    heartbeat,
    bind: async () => {
      const at = (port: number): string => `${config.zeromqListenAddress}:${port}`;
      return {
        command: await command
          .bind(at(config.commandPort))
          .catch(cannot('zeromq_listen_address and command_port')),
        heartbeat: await heartbeat
          .bind(at(config.serverHeartbeatPort))
          .catch(cannot('zeromq_listen_address and server_heartbeat_port')),
      };
    },
  };
}
