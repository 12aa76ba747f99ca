import { pino } from 'pino';
import { readConfig, type Config } from '../config.ts';
import { makeLog } from '../log.ts';
import { makeDoor } from './door.ts';
import { migrateDatabase } from './migrate-database.ts';
import { makeProgram } from './program.ts';

const log = makeLog('warn', pino.destination({ fd: 2, sync: true }));

async function read(file: string | undefined): Promise<Config> {
  const { config, warnings } = await readConfig({
    env: process.env,
    ...(file === undefined ? {} : { file }),
  });
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  return config;
}

const program = makeProgram(
  {
    openDoor: async (file) => makeDoor(await read(file), log),
    migrateDatabase: async (file, ownerUrl) => migrateDatabase(await read(file), log, ownerUrl),
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
