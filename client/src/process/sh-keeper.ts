import { join } from 'node:path';
import { becoming, jobScript } from './job-script.ts';
import { startOf, type KeeperForm, type KeeperOrder, type KeeperProgram } from './keeper.ts';
import { quote } from './quote.ts';
import { KEEPER } from './run-script.ts';
import { SYSTEM_PATH } from './system-path.ts';

/** The keeper in POSIX sh, with `setsid` and `flock` of util-linux: a run costs 2 MB. */
export const SH_KEEPER: KeeperForm = {
  files: (line, env) => ({ keeper: KEEPER, job: jobScript(line, env) }),
  program: (order) => program(order.spool, wordsOf(order)),
  ahead: {
    files: { keeper: KEEPER, job: '', 'stdout.0': '', 'stderr.0': '' },
    program: (dir) => program(dir, []),
    line: (order) => {
      const line = wordsOf(order).map(quote).join(' ');
      return line.includes('\n') ? undefined : line;
    },
  },
};

function program(spool: string, words: readonly string[]): KeeperProgram {
  return {
    argv: ['/bin/sh', join(spool, 'keeper'), ...words],
    env: { PATH: SYSTEM_PATH },
    cwd: '/',
  };
}

function wordsOf(order: KeeperOrder): readonly string[] {
  const { spool, lock = '', room, user } = order;
  const { dir, inside } = startOf(order);
  return [spool, lock, String(room ?? ''), dir, ...becoming(user, inside)];
}
