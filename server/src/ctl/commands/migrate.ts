import { Command } from 'commander';
import type { Deps } from '../program.ts';

/** `migrate`. */
export function migrate({ migrateDatabase, output }: Deps): Command {
  return new Command('migrate')
    .description(
      'bring the database to this version while no server uses it; takes over the database of an original Push Jobs server',
    )
    .option(
      '--owner-url <url>',
      'postgres:// URL of the role that owns the tables (password: in the URL, in PGPASSWORD or in ~/.pgpass)',
    )
    .action(async (options: { ownerUrl?: string }) => {
      output.say(await migrateDatabase(options.ownerUrl));
    });
}
