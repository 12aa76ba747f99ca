import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOk } from '../helpers/run.ts';
import { cacheDir, fillOnce, isCached } from './cache.ts';

/** The two sets of Ruby gems, which cannot live in one place. */
export const gemSetNames = ['workstation', 'agent'] as const;
/** The name of a set of Ruby gems. */
export type GemSetName = (typeof gemSetNames)[number];

/** An installed set of gems: what a test needs to spawn one of its programs. */
export interface GemSet {
  readonly dir: string;
  /** The whole environment for `spawn`, built on this process's. */
  readonly env: NodeJS.ProcessEnv;
  /** The command line that runs one of the set's programs, or `ruby` with the set's gems. */
  command(bin: string, args: readonly string[]): { file: string; args: string[] };
}

const gemfiles = fileURLToPath(new URL('gemfiles/', import.meta.url));
/** Milliseconds: about 110 s were seen with native extensions and two idle cores. */
const installTimeoutMs = 600_000;
/** Changed with what this file does, so that older caches are made again. */
const recipe = 'bundle install, libzmq linked';

/** An installed gem set; throws with advice when it is not installed. */
export function gemSet(name: GemSetName): GemSet {
  const dir = gemSetDir(name);
  if (!isCached(dir)) {
    throw new Error(`The gem set "${name}" is not installed: run "npm run provision" first.`);
  }
  return {
    dir,
    env: gemSetEnv(dir),
    command: (bin, args) =>
      // With `bundle exec ruby`, Ruby would handle the caller's -r before it knows the gems.
      bin === 'ruby'
        ? { file: 'ruby', args: ['-rbundler/setup', ...args] }
        : { file: 'bundle', args: ['exec', bin, ...args] },
  };
}

/** Whether a gem set is in the cache. */
export function isGemSetInstalled(name: GemSetName): boolean {
  return isCached(gemSetDir(name));
}

/** Installs a gem set into the cache; the second time it is already there. */
export function installGemSet(name: GemSetName): Promise<'made' | 'cached'> {
  const dir = gemSetDir(name);
  return fillOnce(dir, installTimeoutMs, async () => {
    await copyFile(join(gemfiles, `${name}.gemfile`), join(dir, 'Gemfile'));
    const options = { cwd: dir, env: gemSetEnv(dir), timeoutMs: installTimeoutMs };
    await runOk('bundle', ['config', 'set', '--local', 'path', join(dir, 'gems')], options);
    await runOk('bundle', ['install', '--jobs', '4', '--retry', '3'], options);
    if (name === 'agent') await linkLibzmq(dir);
  });
}

function gemSetDir(name: GemSetName): string {
  const gemfile = readFileSync(join(gemfiles, `${name}.gemfile`), 'utf8');
  return cacheDir(`gems-${name}`, [gemfile, rubyPlatform(), recipe]);
}

/** The agent's gem looks for a name that only Debian's development package has. */
async function linkLibzmq(dir: string): Promise<void> {
  const { stdout } = await runOk('/sbin/ldconfig', ['-p'], { timeoutMs: 10_000 });
  const library = /libzmq\.so\.5 .*=> (\S+)/.exec(stdout)?.[1];
  if (library === undefined) {
    throw new Error('libzmq.so.5 is not on this machine: install the package libzmq5.');
  }
  await mkdir(join(dir, 'lib'));
  await symlink(library, join(dir, 'lib', 'libzmq.so'));
}

let knownPlatform: string | undefined;
/** Native extensions fit one Ruby only. */
function rubyPlatform(): string {
  knownPlatform ??= execFileSync('ruby', ['-v'], { encoding: 'utf8', timeout: 10_000 }).trim();
  return knownPlatform;
}

/** The caller's own Ruby settings would mix other gems in. */
function gemSetEnv(dir: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(BUNDLE|BUNDLER|GEM|RUBY)_/.test(name) && !/^RUBY(OPT|LIB)$/.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    BUNDLE_GEMFILE: join(dir, 'Gemfile'),
    BUNDLE_APP_CONFIG: join(dir, '.bundle'),
    CHEF_LICENSE: 'accept-no-persist',
    LANG: 'C.UTF-8',
    ZMQ_LIB_PATH: join(dir, 'lib'),
  };
}
