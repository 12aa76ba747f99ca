import { existsSync } from 'node:fs';
import { openDatabase } from '../compose/open-database.ts';
import type { Config } from '../config.ts';
import { ServerError } from '../errors.ts';
import type { Log } from '../log.ts';
import { makeDirectory } from '../make-directory.ts';
import { hasSecrets, openSecrets } from '../secrets/open-secrets.ts';
import { askServer } from './control-client.ts';
import { controlPath } from './control-server.ts';
import {
  isAboutSecrets,
  readOperation,
  type DirectoryOperation,
  type Operation,
  type Outcome,
  type SecretsOperation,
} from './operations.ts';
import { performOnSecrets } from './perform-on-secrets.ts';
import { perform } from './perform.ts';
import { refusalOf } from './standalone-only.ts';

/** Has an operation carried out; the text is for the person who asked. Refusals are ServerErrors. */
export type Door = (operation: Operation) => Promise<string>;

/** Through the running server where there is one, else with the database or the secrets in our own hands. */
export function makeDoor(config: Config, log: Log): Door {
  return async (operation) => {
    const checked = readOperation(operation);
    const refusal = typeof checked === 'string' ? checked : refusalOf(config, checked);
    if (refusal !== undefined) throw new ServerError('refused', refusal);
    const outcome =
      (await askServer(controlPath(config.dir), operation)) ??
      (await performAlone(config, log, operation));
    if (!outcome.ok) throw new ServerError('refused', outcome.message);
    return outcome.message;
  };
}

async function performAlone(config: Config, log: Log, operation: Operation): Promise<Outcome> {
  return isAboutSecrets(operation)
    ? performOnFile(config, operation)
    : performOnDatabase(config, log, operation);
}

async function performOnDatabase(
  config: Config,
  log: Log,
  operation: DirectoryOperation,
): Promise<Outcome> {
  const { dir, databaseUrl } = config;
  const isNew = databaseUrl === undefined && !existsSync(dir);
  if (isNew && operation.do !== 'org-add') {
    // Perhaps the wrong configuration: nothing is made that nobody asked for.
    const message = `There is no data directory ${dir} (dir): name the configuration of the server with -c, or begin with org-add.`;
    return { ok: false, message };
  }
  await makeDirectory('dir', dir);
  const db = await openDatabase(config, log);
  try {
    const outcome = await perform(db, operation);
    const message = `${outcome.message}\nThe data directory ${dir} (dir) is new.`;
    return outcome.ok && isNew ? { ...outcome, message } : outcome;
  } finally {
    await db.close();
  }
}

/** The next start of the server takes the changes over, and writes down a new sealing key before it uses it. */
async function performOnFile({ dir }: Config, operation: SecretsOperation): Promise<Outcome> {
  if (!(await hasSecrets(dir))) {
    const message = `There are no secrets in ${dir}: the server makes them when it first starts.`;
    return { ok: false, message };
  }
  const secrets = await openSecrets(dir);
  try {
    return await performOnSecrets(secrets.rotate, operation, () => Promise.resolve());
  } finally {
    secrets.close();
  }
}
