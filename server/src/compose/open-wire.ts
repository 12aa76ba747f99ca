import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Db } from '../db/db.ts';
import { listAdmissions } from '../db/list-admissions.ts';
import { removeAdmissions } from '../db/remove-admissions.ts';
import { removeLapsedAdmissions } from '../db/remove-lapsed-admissions.ts';
import { saveAdmission } from '../db/save-admission.ts';
import type { Log } from '../log.ts';
import type { Secrets } from '../secrets/open-secrets.ts';
import { makeAdmissions, type Admissions } from '../zmq/admissions.ts';
import { makeCommandSocket, type CommandSocket } from '../zmq/command-socket.ts';
import { makeZmqContext } from '../zmq/context.ts';
import { makeHeartbeatSocket, type HeartbeatSocket } from '../zmq/heartbeat-socket.ts';
import { makeZap } from '../zmq/zap.ts';
import { cannot } from './cannot.ts';
import type { Teardown } from './teardown.ts';

/** Both sockets and who may connect, not bound yet. */
export interface Wire {
  admissions: Admissions;
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
  onFrames: (address: Buffer, frames: readonly Buffer[]) => void;
  /** Counts what happens, by a fixed name. */
  count: (event: string) => void;
}

/** The ZeroMQ side: PUB, ROUTER and, unless CURVE is off, its guard. */
export async function openWire(deps: WireDeps): Promise<Wire> {
  const { config, db, clock, log, secrets, teardown, onFrames, count } = deps;
  const context = makeZmqContext();
  const admissions = makeAdmissions({
    clock,
    log,
    configLifetime: config.configLifetime,
    store: {
      save: (admission, keep) => saveAdmission(db, admission, keep),
      list: () => listAdmissions(db),
      remove: (orgId, node) => removeAdmissions(db, orgId, node),
      removeLapsed: (before) => removeLapsedAdmissions(db, before),
    },
  });
  teardown.add('admissions', () => {
    admissions.close();
    return undefined;
  });
  await admissions.load();

  if (!config.disableCurveEncryption) {
    // libzmq asks whoever is there when a peer connects: the guard stands before the door opens.
    const allows = (key: Buffer): boolean => {
      const allowed = admissions.allows(key);
      count(allowed ? 'handshakes_admitted' : 'handshakes_refused');
      return allowed;
    };
    const zap = makeZap({ context, log, allows });
    await zap.start();
    teardown.add('zap', () => zap.close());
  }
  const command = makeCommandSocket({
    context,
    clock,
    log,
    maxBodySize: config.maxBodySize,
    onFrames,
    ...(config.disableCurveEncryption ? {} : { curve: secrets.curve }),
  });
  teardown.add('command socket', () => command.close());
  const heartbeat = makeHeartbeatSocket({ context, log });
  teardown.add('heartbeat socket', () => heartbeat.close());

  return {
    admissions,
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
