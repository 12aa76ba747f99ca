import { dirname, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { becoming, jobScript } from './job-script.ts';
import type { KeepOrder } from './keep-run.ts';
import { startOf, type KeeperForm, type KeeperOrder } from './keeper.ts';
import { windowsJob } from './launch.ts';
import { SYSTEM_PATH } from './system-path.ts';

/** The keeper in Node, for systems without `setsid` and `flock`: a run costs 45 MB. */
export const NODE_KEEPER: KeeperForm = {
  files: (line, env) => ({ job: jobScript(line, env) }),
  program: (order) => ({ ...nodeProgram(order), env: { PATH: SYSTEM_PATH } }),
};

/** The same on Windows. */
export const WINDOWS_KEEPER: KeeperForm = {
  files: (line, env) => ({ job: windowsJob(line, env) }),
  // PowerShell, cmd.exe and Node itself look for their parts there.
  program: (order) => ({ ...nodeProgram(order), env: ownEnvironment() }),
};

function nodeProgram(order: KeeperOrder): { argv: readonly string[]; cwd: string } {
  const { spool, lock, room, user } = order;
  const { dir, inside } = startOf(order);
  const told: Omit<KeepOrder, 'umask'> = {
    spool,
    dir,
    identity: becoming(user, inside),
    ...(lock === undefined ? {} : { lock }),
    ...(room === undefined ? {} : { room }),
  };
  const own = fileURLToPath(import.meta.url);
  const program = own.replace(/node-keeper\.[jt]s$/, `keeper-child${extname(own)}`);
  const argv = [process.execPath, ...process.execArgv, program, JSON.stringify(told)];
  // What the options of this process import is found from there.
  return { argv, cwd: dirname(own) };
}

function ownEnvironment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined) env[name] = value;
  return env;
}
