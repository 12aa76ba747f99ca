import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Milliseconds: about 13 s of work from nothing, half a second when nothing has changed. */
const buildTimeoutMs = 180_000;
let isBuilt = false;

/**
 * The command line that runs one of the project's programs as it is shipped, from any directory; the first call
 * builds what has changed. A program starts four times as quickly as from its source.
 */
export function built(
  program: `${string}/src/${string}.ts`,
  args: readonly string[],
): { file: string; args: string[] } {
  if (!isBuilt) build();
  isBuilt = true;
  const compiled = program.replace('/src/', '/dist/').replace(/\.ts$/, '.js');
  return { file: process.execPath, args: [`${root}${compiled}`, ...args] };
}

function build(): void {
  const compiler = fileURLToPath(import.meta.resolve('typescript/lib/tsc.js'));
  try {
    execFileSync(process.execPath, [compiler, '-b', 'server', 'client', 'knife-bridge'], {
      cwd: root,
      encoding: 'utf8',
      timeout: buildTimeoutMs,
    });
  } catch (cause) {
    const said = cause instanceof Error && 'stdout' in cause ? String(cause.stdout) : '';
    throw new Error(`The programs could not be built:\n${said}`, { cause });
  }
}
