import { chmod, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import fastify from 'fastify';
import type { Config } from '../config.ts';
import { addSealingKey } from '../db/add-sealing-key.ts';
import type { Db } from '../db/db.ts';
import { ServerError } from '../errors.ts';
import type { Secrets } from '../secrets/open-secrets.ts';
import { isAboutSecrets, readOperation, type Outcome } from './operations.ts';
import { performOnSecrets } from './perform-on-secrets.ts';
import { perform, type NodeRemoved } from './perform.ts';
import { refusalOf } from './standalone-only.ts';

/** Name of the control socket in the data directory. */
const SOCKET_NAME = 'control.sock';
/** Milliseconds for one operation. */
const DEADLINE = 20_000;
/** What the kernel takes as the path of a socket, bytes (sun_path). */
const MAX_PATH_BYTES = 107;

/** Where the commands reach a running server. */
export function controlPath(dir: string): string {
  return join(dir, SOCKET_NAME);
}

export interface ControlDeps {
  config: Pick<Config, 'dir' | 'chefServerUrl'>;
  /** Resolves when commands can be carried out: one that comes earlier waits for it. */
  opened: Promise<{ db: Db; secrets: Pick<Secrets, 'rotate'> }>;
  /** Called after `opened` has resolved. */
  nodeRemoved: NodeRemoved;
  log: {
    info(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

/** Serves the commands to the owner of the data directory, on a Unix socket of mode 0600. */
export async function openControlSocket({
  config,
  opened,
  nodeRemoved,
  log,
}: ControlDeps): Promise<{
  close(): Promise<void>;
}> {
  const path = controlPath(config.dir);
  await clear(path);
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    requestTimeout: DEADLINE,
    handlerTimeout: DEADLINE,
    bodyLimit: 65_536,
  });
  app.post('/operation', async ({ body }): Promise<Outcome> => {
    const operation = readOperation(body);
    if (typeof operation === 'string') return { ok: false, message: operation };
    const refusal = refusalOf(config, operation);
    if (refusal !== undefined) return { ok: false, message: refusal };
    const { db, secrets } = await opened;
    if (isAboutSecrets(operation)) {
      const announce = (keyId: number): Promise<void> => addSealingKey(db, keyId);
      const outcome = await performOnSecrets(secrets.rotate, operation, announce);
      log.info({ operation: operation.do }, 'secrets changed by command');
      return outcome;
    }
    const outcome = await perform(db, operation, nodeRemoved);
    if (outcome.ok) log.info({ operation: operation.do, org: operation.org }, 'directory command');
    return outcome;
  });
  app.setErrorHandler((error, _, reply): Outcome => {
    log.error({ err: error }, 'a command failed');
    void reply.code(500);
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  });
  await app.listen({ path });
  await chmod(path, 0o600);
  return { close: () => app.close() };
}

/** Removes what a server that died has left; refuses to take the socket from one that lives. */
async function clear(path: string): Promise<void> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new ServerError(
      'start_failed',
      `the path ${path} is too long for a socket: choose a shorter dir`,
    );
  }
  if (await isAnswered(path)) {
    throw new ServerError('start_failed', `another server runs with this data directory (${path})`);
  }
  await rm(path, { force: true });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => {
      settle(true);
    });
    socket.once('error', () => {
      settle(false);
    });
  });
}
