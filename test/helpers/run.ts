import { spawn } from 'node:child_process';

/** How a program ended, with all that it printed. */
export interface RunResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `run` takes besides the command line. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Run as this user, which only root may ask. */
  readonly uid?: number;
  readonly gid?: number;
  /** Text for the program's standard input; closed at once without it. */
  readonly input?: string;
  /** Milliseconds until the program and its children are killed and `run` rejects. */
  readonly timeoutMs: number;
}

/** Runs a program to its end; rejects when it cannot start or does not end in time. */
export function run(
  file: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    // A process group of its own, so that a deadline ends its children too.
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      detached: true,
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, options.timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // A program that does not read its input may close it early: its exit code tells the story.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('error', (cause) => {
      clearTimeout(deadline);
      reject(new Error(`${file} could not be started: ${cause.message}`, { cause }));
    });
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      const result = {
        code,
        signal,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      };
      if (late) {
        reject(
          new Error(
            `${[file, ...args].join(' ')} did not end within ${options.timeoutMs} ms\n${result.stdout}${result.stderr}`,
          ),
        );
      } else resolve(result);
    });
  });
}

/** As `run`, but any other end than exit code 0 rejects with everything that was printed. */
export async function runOk(
  file: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const result = await run(file, args, options);
  if (result.code === 0) return result;
  const how = result.signal ?? `exit code ${String(result.code)}`;
  throw new Error(`${[file, ...args].join(' ')} failed (${how})\n${result.stdout}${result.stderr}`);
}
