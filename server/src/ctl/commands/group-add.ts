import { Command } from 'commander';
import type { Deps } from '../program.ts';

/** `group-add ORG GROUP`. */
export function groupAdd({ door, output }: Deps): Command {
  return new Command('group-add')
    .description(
      'add an empty group; pushy_job_readers and pushy_job_writers limit who reads and starts jobs',
    )
    .argument('<org>')
    .argument('<group>')
    .action(async (org: string, group: string) => {
      output.say(await (await door())({ do: 'group-add', org, group }));
    });
}
