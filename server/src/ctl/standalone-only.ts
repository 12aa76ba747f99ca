import type { Config } from '../config.ts';
import { isAboutSecrets, type Operation } from './operations.ts';

/** Why the directory commands refuse: with a Chef server they would change what nobody asks. */
export function refusalOf(
  { chefServerUrl }: Pick<Config, 'chefServerUrl'>,
  operation: Operation,
): string | undefined {
  return chefServerUrl === undefined || isAboutSecrets(operation)
    ? undefined
    : `This server asks the Chef server at ${chefServerUrl} who is who: ` +
        'add users, clients and groups there (knife user, knife client, knife group).';
}
