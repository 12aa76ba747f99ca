import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isatty } from 'node:tty';
import { runCli } from './cli.ts';
import { systemClock } from './clock.ts';
import { codeOf } from './errors.ts';
import { EXIT } from './exit-code.ts';

const stop = new AbortController();
process.once('SIGINT', () => {
  stop.abort(EXIT.interrupted);
});
process.once('SIGTERM', () => {
  stop.abort(EXIT.failed);
});
// The reader of a pipe may leave early (`pushy job list | head`); that is no error of ours.
process.stdout.on('error', (error) => {
  process.exit(codeOf(error) === 'EPIPE' ? EXIT.ok : EXIT.error);
});

const manifest: unknown = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
const version =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '';

process.exitCode = await runCli(
  {
    terminal: {
      out: (chunk) => process.stdout.write(chunk),
      err: (text) => process.stderr.write(text),
      isTty: isatty(1),
      // Not a terminal, or one that does not say: 80, as ever.
      columns: () => process.stdout.columns || 80,
    },
    world: { env: process.env, cwd: process.cwd(), login: userInfo().username },
    clock: systemClock,
    signal: stop.signal,
  },
  version,
  process.argv.slice(2),
);
