import { Command } from 'commander';
import type { Deps } from '../program.ts';

/** `sealing-key-rotate`. */
export function sealingKeyRotate({ door, output }: Deps): Command {
  return new Command('sealing-key-rotate')
    .description('seal new values with a new key; older keys still open what they sealed')
    .action(async () => {
      output.say(await (await door())({ do: 'sealing-key-rotate' }));
    });
}
