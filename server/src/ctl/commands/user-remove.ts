import { Command } from 'commander';
import type { Deps } from '../program.ts';

/** `user-remove ORG NAME`. */
export function userRemove({ door, output }: Deps): Command {
  return new Command('user-remove')
    .description('remove a user, from its groups as well')
    .argument('<org>')
    .argument('<name>')
    .action(async (org: string, name: string) => {
      output.say(await (await door())({ do: 'principal-remove', org, name, type: 'user' }));
    });
}
