import { Option, type Command } from 'commander';

/** Options of knife that change nothing here; scripts that give them keep working. */
const WITHOUT_EFFECT = [
  '-y, --yes',
  '--defaults',
  '-d, --disable-editing',
  '-e, --editor <editor>',
  '-E, --environment <environment>',
  '--print-after',
];

/** Adds knife's common options; in `job start` the letter -s is the search, as in knife-push. */
export function commonOptions(command: Command, given = { searchIsShort: false }): Command {
  const server = given.searchIsShort ? '--server-url <url>' : '-s, --server-url <url>';
  command
    .optionsGroup('Common options:')
    .option('-c, --config <file>', 'The configuration file to use.')
    .option('-u, --user <name>', 'User or client of the Chef server to sign as.')
    .option('-k, --key <file>', "That user's private key.")
    .option(server, 'Chef server, with its organization.')
    .option('--profile <profile>', 'The profile of ~/.chef/credentials to use.')
    .option('--config-option <option=value>', 'Override a single setting.', collect)
    .option('-F, --format <format>', 'How to print: summary, text or json.')
    .option('--color', 'Use colours on a terminal (the default).')
    .option('--no-color', 'Use no colours.')
    .option('--fips', 'Sign with SHA-256 (version 1.3).')
    .option('-V, --verbose', 'Say which files and requests are used.', count);
  for (const flags of WITHOUT_EFFECT) command.addOption(new Option(flags).hideHelp());
  return command;
}

function collect(option: string, before: string[] | undefined): string[] {
  return [...(before ?? []), option];
}

function count(_: unknown, before: number | undefined): number {
  return (before ?? 0) + 1;
}
