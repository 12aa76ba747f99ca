import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, runOk } from '../helpers/run.ts';
import { machineLock, withLock, type Outcome } from './cache.ts';

/** What the system tests run, and what the gems' native extensions are built with. */
const packages = [
  'postgresql',
  'nginx',
  'goiardi',
  'libzmq5',
  'ruby',
  'ruby-dev',
  'bundler',
  'build-essential',
  'iproute2',
  'systemd',
  'systemd-container',
];
/** Milliseconds for one apt-get command, waiting for another one's lock included. */
const aptTimeoutMs = 300_000;
const policyFile = '/usr/sbin/policy-rc.d';

/** Installs the missing ones of these Debian packages without starting the services that they bring. */
export async function installDebianPackages(
  wanted: readonly string[] = packages,
): Promise<Outcome> {
  if ((await missingPackages(wanted)).length === 0) return 'cached';
  return withLock(machineLock('debian'), 2 * aptTimeoutMs, async () => {
    const missing = await missingPackages(wanted);
    if (missing.length === 0) return 'cached';
    if (process.getuid?.() !== 0) {
      throw new Error(
        `Only root can install packages. Run "apt-get install ${missing.join(' ')}" as root.`,
      );
    }
    const clustersBefore = await debianClusters();
    await withoutServiceStarts(async () => {
      await apt('update');
      await apt('install', '-y', '--no-install-recommends', '--no-upgrade', ...missing);
    });
    for (const [version, name] of await debianClusters()) {
      const isOld = clustersBefore.some(([v, n]) => v === version && n === name);
      if (!isOld) await runOk('pg_dropcluster', [version, name], { timeoutMs: 60_000 });
    }
    return 'made';
  });
}

async function missingPackages(wanted: readonly string[]): Promise<string[]> {
  if (!existsSync('/usr/bin/dpkg-query')) {
    throw new Error(`This is not Debian. Install by hand: ${wanted.join(', ')}.`);
  }
  const { stdout } = await run(
    'dpkg-query',
    ['-W', '-f', '${Package} ${db:Status-Status}\n', ...wanted],
    { timeoutMs: 30_000 },
  );
  const installed = new Set(stdout.split('\n'));
  return wanted.filter((name) => !installed.has(`${name} installed`));
}

async function apt(...args: string[]): Promise<void> {
  await runOk('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=240', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: aptTimeoutMs,
  });
}

/** Debian starts a service when it is installed, unless this policy says no; ours goes again. */
async function withoutServiceStarts(work: () => Promise<void>): Promise<void> {
  if (existsSync(policyFile)) return work();
  await writeFile(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await work();
  } finally {
    await rm(policyFile, { force: true });
  }
}

/** Debian's own clusters as (version, name): the package makes one that nobody here uses. */
async function debianClusters(): Promise<[string, string][]> {
  const root = '/etc/postgresql';
  if (!existsSync(root)) return [];
  const found: [string, string][] = [];
  for (const version of await readdir(root)) {
    for (const name of await readdir(join(root, version))) found.push([version, name]);
  }
  return found;
}
