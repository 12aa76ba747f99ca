import type { Command } from 'commander';
import type { Deps } from '../program.ts';
import { changeMember } from './change-member.ts';

/** `member-remove ORG GROUP NAME`. */
export function memberRemove(deps: Deps): Command {
  return changeMember('member-remove', 'remove a user, a node or another group from a group', deps);
}
