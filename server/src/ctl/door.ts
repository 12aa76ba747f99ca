import { openDatabase } from '../compose/open-database.ts';
import type { Config } from '../config.ts';
import { ServerError } from '../errors.ts';
import type { Log } from '../log.ts';
import { makeDirectory } from '../make-directory.ts';
import { askServer } from './control-client.ts';
import { controlPath } from './control-server.ts';
import { readOperation, type Operation } from './operations.ts';
import { perform } from './perform.ts';
import { refusalOf } from './standalone-only.ts';

/** Has an operation carried out; the text is for the person who asked. Refusals are ServerErrors. */
export type Door = (operation: Operation) => Promise<string>;

/** Through the running server where there is one, else with the database in our own hands. */
export function makeDoor(config: Config, log: Log): Door {
  return async (operation) => {
    const checked = readOperation(operation);
    const refusal = refusalOf(config) ?? (typeof checked === 'string' ? checked : undefined);
    if (refusal !== undefined) throw new ServerError('refused', refusal);
    const outcome =
      (await askServer(controlPath(config.dir), operation)) ??
      (await performAlone(config, log, operation));
    if (!outcome.ok) throw new ServerError('refused', outcome.message);
    return outcome.message;
  };
}

async function performAlone(
  config: Config,
  log: Log,
  operation: Operation,
): ReturnType<typeof perform> {
  await makeDirectory('dir', config.dir);
  const db = await openDatabase(config, log);
  try {
    return await perform(db, operation);
  } finally {
    await db.close();
  }
}
