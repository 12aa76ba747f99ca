import { installDebianPackages } from './debian.ts';
import { installGemSet } from './gem-sets.ts';
import type { Outcome } from './cache.ts';

/** Installs everything that the system tests run, and says what it did. */
const started = Date.now();
const problems: string[] = [];

function say(line: string): void {
  process.stdout.write(`provision: ${line}\n`);
}

async function step(what: string, install: () => Promise<Outcome>): Promise<void> {
  const from = Date.now();
  try {
    const outcome = await install();
    const took = `${((Date.now() - from) / 1000).toFixed(1)} s`;
    say(outcome === 'made' ? `${what}: installed in ${took}` : `${what}: there already`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push(what);
    say(`*** ${what} CANNOT BE HAD HERE: ${reason}`);
  }
}

// The gems are built with what the packages bring; the two sets do not touch one another.
await step('Debian packages', () => installDebianPackages());
await Promise.all([
  step('gems of the workstation', () => installGemSet('workstation')),
  step('gems of the reference agent', () => installGemSet('agent')),
]);

const took = `${((Date.now() - started) / 1000).toFixed(1)} s`;
if (problems.length === 0) say(`everything is there, ${took}`);
else {
  say(`*** missing: ${problems.join(', ')} (${took}); the tests that need them will be skipped`);
  if (process.env['CI'] === 'true') process.exitCode = 1;
}
