import { Command } from 'commander';
import { directoryList } from './commands/directory-list.ts';
import { groupAdd } from './commands/group-add.ts';
import { incarnationRenew } from './commands/incarnation-renew.ts';
import { memberAdd } from './commands/member-add.ts';
import { memberRemove } from './commands/member-remove.ts';
import { migrate } from './commands/migrate.ts';
import { nodeAdd } from './commands/node-add.ts';
import { nodeRemove } from './commands/node-remove.ts';
import { orgAdd } from './commands/org-add.ts';
import { sealingKeyRotate } from './commands/sealing-key-rotate.ts';
import { sessionKeysRotate } from './commands/session-keys-rotate.ts';
import { userAdd } from './commands/user-add.ts';
import { userRemove } from './commands/user-remove.ts';
import { DEFAULT_CONFIG_FILE } from '../config.ts';
import { VERSION } from '../version.ts';
import type { Door } from './door.ts';
import type { Output } from './output.ts';

/** What every command needs. */
export interface Deps {
  /** Opened by the command that needs it. */
  door: () => Promise<Door>;
  /** Brings the database to this version; answers a sentence. */
  migrateDatabase: (ownerUrl: string | undefined) => Promise<string>;
  output: Output;
}

const COMMANDS = [
  orgAdd,
  userAdd,
  userRemove,
  nodeAdd,
  nodeRemove,
  groupAdd,
  memberAdd,
  memberRemove,
  directoryList,
  sealingKeyRotate,
  sessionKeysRotate,
  incarnationRenew,
  migrate,
] as const;

/** The doors to a server, for the configuration file that `-c` names. */
export interface Doors {
  openDoor: (file: string | undefined) => Promise<Door>;
  migrateDatabase: (file: string | undefined, ownerUrl: string | undefined) => Promise<string>;
}

/** The command line: one command per file. */
export function makeProgram({ openDoor, migrateDatabase }: Doors, output: Output): Command {
  const program = new Command('opscode-push-jobs-server-ctl')
    .description(
      'Looks after a Push Jobs server: its keys, its database, and the directory of one that runs without a Chef server.',
    )
    .version(VERSION, '-v, --version', 'show the version')
    .option(
      '-c, --config <file>',
      `configuration file of the server (default: ${DEFAULT_CONFIG_FILE})`,
    );
  const file = (): string | undefined => program.opts<{ config?: string }>().config;
  const deps: Deps = {
    door: () => openDoor(file()),
    migrateDatabase: (ownerUrl) => migrateDatabase(file(), ownerUrl),
    output,
  };
  for (const command of COMMANDS) program.addCommand(command(deps));
  return program;
}
