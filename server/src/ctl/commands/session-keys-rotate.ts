import { Command } from 'commander';
import type { Deps } from '../program.ts';

/** `session-keys-rotate`. */
export function sessionKeysRotate({ door, output }: Deps): Command {
  return new Command('session-keys-rotate')
    .description('give every node a new session key; all of them fetch their configuration anew')
    .action(async () => {
      output.say(await (await door())({ do: 'session-keys-rotate' }));
    });
}
