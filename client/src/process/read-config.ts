import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RubyConfig } from '@pushy/ruby-config';

/** What the child is asked. */
export interface ReadRequest {
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly relevant: ReadonlySet<string>;
}

/** What the child answers. */
export type ReadAnswer = { ok: true; config: RubyConfig } | { ok: false; message: string };

/** How long the reading of a configuration file may take, milliseconds. */
const READ_TIMEOUT_MS = 30_000;

/**
 * Reads a Ruby configuration file in a child process: the parser takes 20 MB, which the agent would keep for ever.
 * Rejects only when the child itself fails.
 */
export function readConfigFile(request: ReadRequest): Promise<ReadAnswer> {
  const own = fileURLToPath(import.meta.url);
  const program = own.replace(/read-config\.[jt]s$/, `read-config-child${extname(own)}`);
  return new Promise((resolve, reject) => {
    const child = fork(program, [], {
      serialization: 'advanced',
      // The parser is WebAssembly under WASI, of which Node warns at each start.
      execArgv: [...process.execArgv, '--no-warnings'],
      timeout: READ_TIMEOUT_MS,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let complaint = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      if (complaint.length < 2000) complaint += chunk.toString('utf8');
    });
    child.once('message', (answer) => {
      resolve(answer as ReadAnswer);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const how = signal ?? String(code);
      reject(new Error(`the reader of ${request.file} ended with ${how}: ${complaint.trim()}`));
    });
    child.send(request);
  });
}
