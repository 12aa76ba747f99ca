import { Command, Option } from 'commander';
import type { Deps } from '../program.ts';

/** What `member-add` and `member-remove` share: all but their name and their sentence. */
export function changeMember(
  name: 'member-add' | 'member-remove',
  description: string,
  { door, output }: Deps,
): Command {
  return new Command(name)
    .description(description)
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
        member: string,
        options: { type?: 'user' | 'client' | 'group' },
      ) => {
        output.say(await (await door())({ do: name, org, group, name: member, ...options }));
      },
    );
}
