import { execFile } from 'node:child_process';

/** How a short helper program ended; `undefined` code: it was not there, or took too long. */
export interface ProgramResult {
  readonly code: number | undefined;
  readonly stdout: string;
}

/** Runs a small program of the system to its end and gives what it printed; never rejects. */
export function runProgram(
  file: string,
  args: readonly string[],
  timeoutMs = 5000,
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: timeoutMs, encoding: 'utf8' }, (error, stdout) => {
      const code = error === null ? 0 : error.code;
      resolve({ code: typeof code === 'number' ? code : undefined, stdout });
    });
  });
}

/** The full name of this host where the system knows it, else its short one (the reference asks Ohai). */
export async function hostName(short: string): Promise<string> {
  const { code, stdout } = await runProgram('hostname', ['-f']);
  const name = stdout.trim();
  return code === 0 && name.includes('.') && name !== 'localhost.localdomain' ? name : short;
}
