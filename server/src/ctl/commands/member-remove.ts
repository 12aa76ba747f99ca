import { Command, Option } from 'commander';
import type { Deps } from '../program.ts';

/** `member-remove ORG GROUP NAME`. */
export function memberRemove({ door, output }: Deps): Command {
  return new Command('member-remove')
    .description('remove a user, a node or another group from a group')
    .argument('<org>')
    .argument('<group>')
    .argument('<name>')
    .addOption(
      new Option('--type <type>', 'which, where several have the name').choices([
        'user',
        'client',
        'group',
      ]),
    )
    .action(
      async (
        org: string,
        group: string,
        name: string,
        options: { type?: 'user' | 'client' | 'group' },
      ) => {
        output.say(await (await door())({ do: 'member-remove', org, group, name, ...options }));
      },
    );
}
