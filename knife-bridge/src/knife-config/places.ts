import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CliError } from '../errors.ts';

/** What a process knows of where it runs. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Name of the operating system's user. */
  login: string;
}

/** Where knife's configuration is, and where it could have been. */
export interface Places {
  /** `~/.chef` of the home that counts; undefined where there is no home. */
  dotChef?: string;
  /** config.rb or knife.rb; undefined when there is none. */
  configFile?: string;
  /** Files that were looked for, in order. */
  lookedFor: readonly string[];
}

const NAMES = ['config.rb', 'knife.rb'];

/** Finds knife's files as knife 18 does; `named` is the argument of -c. */
export function findPlaces(world: Surroundings, named?: string): Places {
  const home = homeOf(world);
  const dotChef = home === undefined ? undefined : join(home, '.chef');
  const chef = dotChef === undefined ? {} : { dotChef };
  if (named !== undefined) {
    const configFile = resolve(world.cwd, named);
    if (existsSync(configFile)) return { ...chef, configFile, lookedFor: [configFile] };
    throw new CliError('config', `Specified config file ${configFile} does not exist`);
  }
  const folders = [world.env['KNIFE_HOME'], world.cwd, chefFolderAbove(world), dotChef];
  const lookedFor = [
    ...new Set(
      folders
        .filter((folder) => folder !== undefined)
        .flatMap((folder) => NAMES.map((name) => join(folder, name))),
    ),
  ];
  const configFile = lookedFor.find((file) => existsSync(file));
  return { ...chef, lookedFor, ...(configFile === undefined ? {} : { configFile }) };
}

/** The home whose .chef counts: the first of KNIFE_HOME, CHEF_HOME and HOME that is a directory. */
function homeOf({ env }: Surroundings): string | undefined {
  return [env['KNIFE_HOME'], env['CHEF_HOME'], env['HOME'], env['USERPROFILE']].find(
    (home) => home !== undefined && home !== '' && isDirectory(home),
  );
}

/** The nearest directory `.chef` in the working directory or above it. */
function chefFolderAbove({ env, cwd }: Surroundings): string | undefined {
  // PWD keeps the symbolic links that the user went through.
  for (let folder = env['PWD'] ?? cwd; ; folder = dirname(folder)) {
    const candidate = join(folder, '.chef');
    if (isDirectory(candidate)) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
