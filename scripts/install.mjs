// Installs the project's packages when they are absent or older than the lock file.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir, runStage } from './stage.mjs';

/** Answers whether the packages are there. */
export async function install() {
  const lock = modified('package-lock.json');
  const installed = modified('node_modules/.package-lock.json');
  if (installed !== undefined && lock !== undefined && installed >= lock) return true;
  const { ok } = await runStage('install', 'npm', ['ci'], { timeoutMs: 300_000 });
  return ok;
}

function modified(file) {
  return statSync(join(projectDir, file), { throwIfNoEntry: false })?.mtimeMs;
}
