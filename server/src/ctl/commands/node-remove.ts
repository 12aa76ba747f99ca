import { Command } from 'commander';
import type { Deps } from '../program.ts';

/** `node-remove ORG NAME`. */
export function nodeRemove({ door, output }: Deps): Command {
  return new Command('node-remove')
    .description('remove a node, from its groups as well')
    .argument('<org>')
    .argument('<name>')
    .action(async (org: string, name: string) => {
      output.say(await (await door())({ do: 'principal-remove', org, name, type: 'client' }));
    });
}
