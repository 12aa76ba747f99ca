import { execFileSync } from 'node:child_process';

/** True when nobody holds flock(2) on the file. */
export function isFree(lock: string): boolean {
  try {
    execFileSync('flock', ['-n', lock, 'true']);
    return true;
  } catch {
    return false;
  }
}
