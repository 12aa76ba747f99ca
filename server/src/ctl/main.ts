import { pino } from 'pino';
import { readConfig } from '../config.ts';
import { makeLog } from '../log.ts';
import { makeDoor } from './door.ts';
import { makeProgram } from './program.ts';

const program = makeProgram(
  async (file) => {
    const { config, warnings } = await readConfig({
      env: process.env,
      ...(file === undefined ? {} : { file }),
    });
    for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
    return makeDoor(config, makeLog('warn', pino.destination({ fd: 2, sync: true })));
  },
  {
    result: (text) => {
      process.stdout.write(text);
    },
    say: (line) => {
      process.stderr.write(`${line}\n`);
    },
  },
);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
