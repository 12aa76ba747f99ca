import type { Process } from './program.ts';

/** Until the program listens to its signals itself there is nothing to save: the end is a good one. */
const endAtOnce = (): void => {
  process.exit(0);
};
const ENDS = ['SIGTERM', 'SIGINT'] as const;
for (const signal of ENDS) process.on(signal, endAtOnce);
/** Nothing can be renewed before it is there. */
let hangUp = (): void => undefined;
process.on('SIGHUP', () => {
  hangUp();
});

const self: Process = {
  argv: process.argv,
  env: process.env,
  out: (text) => {
    process.stdout.write(text);
  },
  err: (text) => {
    process.stderr.write(text);
  },
  exitCode: (code) => {
    process.exitCode = code;
  },
  signalsTaken: (onHangUp) => {
    hangUp = onHangUp;
    for (const signal of ENDS) process.off(signal, endAtOnce);
  },
};

try {
  // Not by a plain import: those are loaded, for most of a second, before the first line above runs.
  const { runProgram } = await import('./program.ts');
  await runProgram(self);
} catch (error) {
  // One line for a person; the cause is the last resort of whoever has to look deeper.
  process.stderr.write(`pushy-server: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
