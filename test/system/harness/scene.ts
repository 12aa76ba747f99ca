import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProgram, tail, type Program, type ProgramOptions } from '../../helpers/program.ts';
import { missingPieces, type Piece } from './pieces.ts';

/** One suite's directory and the programs that run in it. */
export interface Scene {
  /** A temporary directory: others may pass through it, not list it. */
  dir(): string;
  /** Makes a new directory in it, named for its use. */
  subdir(use: string): Promise<string>;
  /** Starts a program that ends with the suite at the latest. */
  start(options: Omit<ProgramOptions, 'logFile'>): Promise<Program>;
}

/** Makes a scene around the tests of the surrounding `describe`; skips them, loudly, where a piece is missing. */
export function useScene(...pieces: Piece[]): Scene {
  let dir: string | undefined;
  const programs: Program[] = [];
  let failed = false;

  before('the machine has what this needs', function () {
    const missing = missingPieces(pieces);
    if (missing.length === 0) return;
    const title = this.test?.parent?.fullTitle() ?? '';
    process.stdout.write(
      `\n*** SKIPPED: ${title}: ${missing.join('; ')}. Run "npm run provision" as root.\n\n`,
    );
    this.skip();
  });
  before('a directory', async () => {
    dir = await mkdtemp(join(tmpdir(), 'pushy-test-'));
    await chmod(dir, 0o711);
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') failed = true;
  });
  after('programs are ended', async function () {
    // A "before" that failed leaves tests without a state.
    this.test?.parent?.eachTest((test) => {
      if (test.state !== 'passed' && !test.isPending()) failed = true;
    });
    for (const program of programs.reverse()) await program.stop();
    if (failed) {
      for (const program of programs) {
        process.stdout.write(`\n--- the last of ${program.name} ---\n${tail(program.output())}\n`);
      }
    }
    if (dir !== undefined) await rm(dir, { recursive: true, force: true });
  });

  const sceneDir = (): string => {
    if (dir === undefined) throw new Error('the scene exists in hooks and tests only');
    return dir;
  };
  let subdirs = 0;
  return {
    dir: sceneDir,
    subdir: async (use) => {
      subdirs += 1;
      const path = join(sceneDir(), `${use}-${subdirs}`);
      await mkdir(path);
      return path;
    },
    start: async (options) => {
      const logFile = join(sceneDir(), `${options.name}-${programs.length}.log`);
      const program = await startProgram({ ...options, logFile });
      programs.push(program);
      return program;
    },
  };
}
