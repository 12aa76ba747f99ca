import { Command } from 'commander';
import { addPrincipal } from '../add-principal.ts';
import type { Deps } from '../program.ts';

/** `user-add ORG NAME`. */
export function userAdd({ door, output }: Deps): Command {
  return new Command('user-add')
    .description(
      'add a user with a fresh key; the private key is printed unless --key names a file',
    )
    .argument('<org>')
    .argument('<name>')
    .option('--admin', 'make the user an admin: one who may start jobs')
    .option('--key <file>', 'write the private key to this new file (mode 0600)')
    .action(async (org: string, name: string, options: { admin?: true; key?: string }) => {
      const who = { org, name, type: 'user', admin: options.admin ?? false } as const;
      await addPrincipal(await door(), output, who, options.key);
    });
}
