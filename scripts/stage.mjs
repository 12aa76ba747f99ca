// Runs one command of a longer whole: bounded in time, with nothing left behind.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

/** The top of the project. */
export const projectDir = fileURLToPath(new URL('..', import.meta.url));

/** Every process of a stage inherits it, whatever group or session it moves to. */
const marker = 'STAGE_MARK';

/**
 * Runs a command and answers `{ ok, problem }`. It fails on another exit code than 0, at its deadline,
 * and when it leaves processes behind (which are killed). A quiet one says what it has to say at its end, in one
 * piece: another stage may run meanwhile.
 */
export async function runStage(name, file, args, { timeoutMs, env = {}, quiet = false }) {
  const said = [];
  if (!quiet) console.log(`\n=== ${name}`);
  const started = Date.now();
  const mark = randomUUID();
  const child = spawn(file, args, {
    cwd: projectDir,
    env: { ...process.env, ...env, [marker]: mark },
    stdio: quiet ? ['inherit', 'pipe', 'pipe'] : 'inherit',
  });
  const streams = quiet ? [child.stdout, child.stderr] : [];
  for (const from of streams) from.on('data', (part) => said.push(part));
  let problem;
  const timer = setTimeout(() => {
    problem = `it did not end within ${timeoutMs / 1000} s`;
    sweep(mark);
  }, timeoutMs);
  let interrupted;
  const interrupt = (signal) => {
    interrupted = signal;
    child.kill(signal);
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  await new Promise((resolve) => {
    child.on('error', (error) => {
      problem = `${file} could not be started: ${error.message}`;
      resolve();
    });
    child.on('exit', (code, signal) => {
      if (code !== 0) problem ??= `it ended with ${signal ?? `exit code ${code}`}`;
      resolve();
    });
  });
  clearTimeout(timer);
  process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  const left = sweep(mark);
  await Promise.allSettled(streams.map((from) => finished(from)));
  if (left.length > 0) problem ??= `it left processes behind: ${left.join(', ')}`;
  if (interrupted !== undefined) process.exit(130);
  if (quiet) console.log(`\n=== ${name}\n${Buffer.concat(said)}`);
  const took = `${((Date.now() - started) / 1000).toFixed(1)} s`;
  console.log(
    problem === undefined ? `=== ${name}: fine, ${took}` : `=== *** ${name} FAILED: ${problem}`,
  );
  return { ok: problem === undefined, problem };
}

/** Kills what a stage started and answers what that was; needs /proc, elsewhere it finds nothing. */
function sweep(mark) {
  const found = [];
  for (const pid of readOr([], () => readdirSync('/proc'))) {
    if (!/^\d+$/.test(pid)) continue;
    const environment = readOr('', () => readFileSync(`/proc/${pid}/environ`, 'utf8'));
    if (!environment.split('\0').includes(`${marker}=${mark}`)) continue;
    const line = readOr('', () => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    if (line === '') continue;
    found.push(`${pid} (${line.replaceAll('\0', ' ').trim().slice(0, 80)})`);
    readOr(undefined, () => process.kill(Number(pid), 'SIGKILL'));
  }
  return found;
}

/** A process may be gone between two looks at it. */
function readOr(otherwise, read) {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
