import { Command } from 'commander';
import { directoryList } from './commands/directory-list.ts';
import { groupAdd } from './commands/group-add.ts';
import { incarnationRenew } from './commands/incarnation-renew.ts';
import { memberAdd } from './commands/member-add.ts';
import { memberRemove } from './commands/member-remove.ts';
import { nodeAdd } from './commands/node-add.ts';
import { nodeRemove } from './commands/node-remove.ts';
import { orgAdd } from './commands/org-add.ts';
import { sealingKeyRotate } from './commands/sealing-key-rotate.ts';
import { sessionKeysRotate } from './commands/session-keys-rotate.ts';
import { userAdd } from './commands/user-add.ts';
import { userRemove } from './commands/user-remove.ts';
import type { Door } from './door.ts';
import type { Output } from './output.ts';

/** What every command needs. */
export interface Deps {
  /** Opened by the command that needs it. */
  door: () => Promise<Door>;
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
] as const;

/** The command line: one command per file. `openDoor` gets the file that `-c` names. */
export function makeProgram(
  openDoor: (file: string | undefined) => Promise<Door>,
  output: Output,
): Command {
  const program = new Command('opscode-push-jobs-server-ctl')
    .description(
      'Looks after a Push Jobs server: its keys, and the directory of one that runs without a Chef server.',
    )
    .option('-c, --config <file>', 'configuration file of the server');
  const deps: Deps = {
    door: () => openDoor(program.opts<{ config?: string }>().config),
    output,
  };
  for (const command of COMMANDS) program.addCommand(command(deps));
  return program;
}
