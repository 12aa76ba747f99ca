import { Command, Option } from 'commander';
import type { Deps } from '../program.ts';

/** `member-add ORG GROUP NAME`. */
export function memberAdd({ door, output }: Deps): Command {
  return new Command('member-add')
    .description('add a user, a node or another group to a group')
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
        output.say(await (await door())({ do: 'member-add', org, group, name, ...options }));
      },
    );
}
