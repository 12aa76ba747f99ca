import { tail } from '../../helpers/program.ts';
import { makeWorkplace, type Workplace } from '../../helpers/workplace.ts';
import { missingPieces, type Piece } from './pieces.ts';

/** Where one suite's programs live; there during its hooks and tests. */
export type Scene = Pick<Workplace, 'subdir' | 'start'>;

/** Makes a scene around the tests of the surrounding `describe`; skips them, loudly, where a piece is missing. */
export function useScene(...pieces: Piece[]): Scene {
  let workplace: Workplace | undefined;

  before('the machine has what this needs', function () {
    const missing = missingPieces(pieces);
    if (missing.length === 0) return;
    const title = this.test?.parent?.fullTitle() ?? '';
    process.stdout.write(
      `\n*** SKIPPED: ${title}: ${missing.join('; ')}. Run "npm run provision" as root.\n\n`,
    );
    this.skip();
  });
  before('a workplace', async () => {
    workplace = await makeWorkplace();
  });
  after('the programs are ended', async function () {
    if (workplace === undefined) return;
    // A "before" that failed leaves tests without a state: they count as failed.
    const tests: Mocha.Test[] = [];
    this.test?.parent?.eachTest((test) => tests.push(test));
    if (tests.some((test) => test.state !== 'passed' && !test.isPending())) {
      for (const program of workplace.programs) {
        process.stdout.write(`\n--- the last of ${program.name} ---\n${tail(program.output())}\n`);
      }
    }
    await workplace.end();
  });

  const there = (): Workplace => {
    if (workplace === undefined) throw new Error('a scene exists in hooks and tests only');
    return workplace;
  };
  return {
    subdir: (use) => there().subdir(use),
    start: (options) => there().start(options),
  };
}
