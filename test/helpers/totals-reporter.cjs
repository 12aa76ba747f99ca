'use strict';
// Mocha's spec reporter, which also leaves its totals, and what failed, in the file that TEST_TOTALS names.
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

const { EVENT_RUN_END, EVENT_TEST_FAIL } = Runner.constants;

module.exports = class TotalsReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.TEST_TOTALS;
    if (file === undefined) return;
    const failures = [];
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      failures.push({ title: test.fullTitle(), file: test.file ?? '', error: told(error) });
    });
    runner.once(EVENT_RUN_END, () => {
      const { passes: passed, failures: failed, pending: skipped } = runner.stats;
      writeFileSync(file, JSON.stringify({ passed, failed, skipped, failures }));
    });
  }
};

/** The stack with what assert compared, bounded: it is for the end of a log of which only that may be kept. */
function told(error) {
  return String(error?.stack ?? error).slice(0, 2000);
}
