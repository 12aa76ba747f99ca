import type { Config } from '../config.ts';

/** Why the directory commands refuse: with a Chef server they would change what nobody asks. */
export function refusalOf({ chefServerUrl }: Pick<Config, 'chefServerUrl'>): string | undefined {
  return chefServerUrl === undefined
    ? undefined
    : `This server asks the Chef server at ${chefServerUrl} who is who: ` +
        'add users, clients and groups there (knife user, knife client, knife group).';
}
