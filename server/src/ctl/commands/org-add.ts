import { Command } from 'commander';
import type { Deps } from '../program.ts';

/** `org-add ORG`. */
export function orgAdd({ door, output }: Deps): Command {
  return new Command('org-add')
    .description('add an organization, with an empty group of admins')
    .argument('<org>')
    .action(async (org: string) => {
      output.say(await (await door())({ do: 'org-add', org }));
    });
}
