import { Command } from 'commander';
import { addPrincipal } from '../add-principal.ts';
import type { Deps } from '../program.ts';

/** `node-add ORG NAME`. */
export function nodeAdd({ door, output }: Deps): Command {
  return new Command('node-add')
    .description('add a node: a client of that name with a fresh key')
    .argument('<org>')
    .argument('<name>')
    .option('--key <file>', 'write the private key to this new file (mode 0600)')
    .action(async (org: string, name: string, options: { key?: string }) => {
      const who = { org, name, type: 'client', admin: false } as const;
      await addPrincipal(await door(), output, who, options.key);
    });
}
