import { join } from 'node:path';
import { becoming, jobScript } from './job-script.ts';
import { startOf, type KeeperForm } from './keeper.ts';
import { KEEPER } from './run-script.ts';
import { SYSTEM_PATH } from './system-path.ts';

/** The keeper in POSIX sh, with `setsid` and `flock` of util-linux: a run costs 2 MB. */
export const SH_KEEPER: KeeperForm = {
  files: (line, env) => ({ keeper: KEEPER, job: jobScript(line, env) }),
  program: (order) => {
    const { spool, lock = '', room, user } = order;
    const { dir, inside } = startOf(order);
    const where = [spool, lock, String(room ?? ''), dir];
    const identity = becoming(user, inside);
    return {
      argv: ['/bin/sh', join(spool, 'keeper'), ...where, ...identity],
      env: { PATH: SYSTEM_PATH },
      cwd: '/',
    };
  },
};
