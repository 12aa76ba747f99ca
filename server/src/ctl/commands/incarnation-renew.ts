import { Command } from 'commander';
import type { Deps } from '../program.ts';

/** `incarnation-renew`. */
export function incarnationRenew({ door, output }: Deps): Command {
  return new Command('incarnation-renew')
    .description('make every node fetch its configuration anew')
    .action(async () => {
      output.say(await (await door())({ do: 'incarnation-renew' }));
    });
}
