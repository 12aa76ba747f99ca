import type { Command } from 'commander';
import type { Deps } from '../program.ts';
import { changeMember } from './change-member.ts';

/** `member-add ORG GROUP NAME`. */
export function memberAdd(deps: Deps): Command {
  return changeMember('member-add', 'add a user, a node or another group to a group', deps);
}
