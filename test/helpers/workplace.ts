import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProgram, type Program, type ProgramOptions } from './program.ts';

/** A temporary directory and the programs that run in it. */
export interface Workplace {
  readonly dir: string;
  readonly programs: readonly Program[];
  /** Makes a new directory in it, named for its use. */
  subdir(use: string): Promise<string>;
  /** Starts a program that ends with the workplace at the latest. */
  start(options: Omit<ProgramOptions, 'logFile'>): Promise<Program>;
  /** Ends the programs, the last first, and removes the directory. */
  end(): Promise<void>;
}

/** Makes a workplace; other users may pass through its directory, not list it. */
export async function makeWorkplace(): Promise<Workplace> {
  const dir = await mkdtemp(join(tmpdir(), 'pushy-test-'));
  await chmod(dir, 0o711);
  const programs: Program[] = [];
  const uses = new Map<string, number>();
  const logs = join(dir, 'logs');
  await mkdir(logs);
  return {
    dir,
    programs,
    subdir: async (use) => {
      const count = (uses.get(use) ?? 0) + 1;
      uses.set(use, count);
      const path = join(dir, count === 1 ? use : `${use}-${count}`);
      await mkdir(path);
      return path;
    },
    start: async (options) => {
      const logFile = join(logs, `${programs.length}-${options.name}.log`);
      const program = await startProgram({ ...options, logFile });
      programs.push(program);
      return program;
    },
    end: async () => {
      for (const program of programs.toReversed()) await program.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
