import { allTargets, shareOf } from '../fuzz/targets.ts';
import type { FuzzTarget } from '../fuzz/target.ts';

/** Of all readers together; a million and more are the business of `npm run fuzz`. */
const inputs = 10_000;
/** The same inputs in every run: what fails here fails again. */
const seed = 20_260_101;

describe('Whoever reads what strangers send takes anything without failing (S6, H1, H7, Z1):', function () {
  this.timeout(60_000);
  let targets: FuzzTarget[] = [];
  before(async () => {
    targets = await allTargets();
  });
  after(async () => {
    for (const target of targets) await target.close?.();
  });

  for (const name of [
    ...['envelope', 'messages', 'inbox', 'signature', 'job body', 'duplicate key', 'short texts'],
    ...['session key', 'requests'],
  ]) {
    it(name, async () => {
      const target = targets.find((one) => one.name === name);
      if (target === undefined) throw new Error(`no target of the name ${name}`);
      await target.batch({ seed, runs: shareOf(target, targets, inputs), corpus: true });
    });
  }

  it('and no reader is left out here', function () {
    const here = this.test?.parent?.tests.map(({ title }) => title) ?? [];
    const missing = targets.filter(({ name }) => !here.includes(name));
    if (missing.length > 0) throw new Error(`no test of ${missing.map(({ name }) => name).join()}`);
  });
});
