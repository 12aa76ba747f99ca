import { Command } from 'commander';
import type { Deps } from '../program.ts';

/** `directory-list ORG`. */
export function directoryList({ door, output }: Deps): Command {
  return new Command('directory-list')
    .description('show the users, nodes and groups of an organization')
    .argument('<org>')
    .action(async (org: string) => {
      output.result(`${await (await door())({ do: 'list', org })}\n`);
    });
}
