// Loaded into an agent: writes each second how late its event loop was, milliseconds, as [99th percentile, most].
const { appendFileSync } = require('node:fs');
const { join } = require('node:path');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { setInterval } = require('node:timers');

// What the agent starts inherits this, and is no agent.
if (/client\/dist\/main\.js$/.test(process.argv[1] ?? '')) {
  const resolution = 10;
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  const file = join(process.env.SOAK_LAG_DIR, String(process.pid));
  setInterval(() => {
    // What it measures holds the time between two of its own timers.
    const late = (ns) => Math.max(0, ns / 1e6 - resolution);
    appendFileSync(file, `${JSON.stringify([late(delay.percentile(99)), late(delay.max)])}\n`);
    delay.reset();
  }, 1000).unref();
}
