/** The program of the child process that reads a configuration file (see read-config.ts). */
import { readFileSync } from 'node:fs';
import { readRubyConfig } from '@pushy/ruby-config';
import type { ReadAnswer, ReadRequest } from './read-config.ts';

process.once('message', (request) => {
  void read(request as ReadRequest).then((answer) => {
    process.send?.(answer, () => {
      process.disconnect();
    });
  });
});

async function read({ file, env, relevant }: ReadRequest): Promise<ReadAnswer> {
  try {
    const source = readFileSync(file, 'utf8');
    const config = await readRubyConfig(source, { file, env, relevant, readFile });
    return { ok: true, config };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
