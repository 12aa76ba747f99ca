import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDataFile } from '../config/data.ts';
import { toPlain, type RubyConfig } from '@pushy/ruby-config';

/** What the child is asked. */
export interface ReadRequest {
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly relevant: ReadonlySet<string>;
  /** What `--ruby-config` says: `chef`, or the path of a Ruby; absent: what the file says. */
  readonly ruby?: string;
}

/** What the child answers. */
export type ReadAnswer =
  | { ok: true; config: RubyConfig }
  | {
      ok: false;
      message: string;
      /** `ruby_config` of a file that cannot be read without Ruby. */
      ruby?: string;
    };

/** Where Chef and Cinc have their Ruby. */
const CHEF_RUBIES = [
  '/opt/chef/embedded/bin/ruby',
  '/opt/cinc/embedded/bin/ruby',
  'C:\\opscode\\chef\\embedded\\bin\\ruby.exe',
];

/** How long the reading of a configuration file may take, milliseconds. */
const READ_TIMEOUT_MS = 30_000;

/**
 * Reads a configuration file: by Ruby itself where the command line or the file ask for it (`ruby_config 'chef'`),
 * else without it. Rejects only when the reader itself fails.
 */
export async function readConfigFile(request: ReadRequest): Promise<ReadAnswer> {
  // There is nothing in data that Ruby would evaluate.
  if (isDataFile(request.file)) return readInChild(request);
  const own = request.ruby === undefined ? await readInChild(request) : undefined;
  const asked = request.ruby ?? (own === undefined ? undefined : askedRuby(own));
  if (asked === undefined && own !== undefined) return own;
  const ruby = (asked === 'chef' ? CHEF_RUBIES : [asked ?? '']).find((path) => existsSync(path));
  if (ruby !== undefined) {
    const { readWithRuby } = await import('./read-with-ruby.ts');
    return readWithRuby(ruby, request);
  }
  const where = asked === 'chef' ? CHEF_RUBIES.slice(0, 2).join(' nor at ') : (asked ?? '');
  const what = `ruby_config asks for a Ruby, and there is none at ${where}`;
  // What our reader takes, it reads as Ruby would.
  if (asked === 'chef' && own?.ok === true) return withWarning(own.config, request.file, what);
  const message = own?.ok === false ? `${own.message} (${what})` : `${request.file}: ${what}`;
  return { ok: false, message };
}

function askedRuby(own: ReadAnswer): string | undefined {
  if (!own.ok) return own.ruby;
  const setting = own.config.settings.get('ruby_config')?.value ?? null;
  return setting === null ? undefined : String(toPlain(setting));
}

function withWarning(config: RubyConfig, file: string, message: string): ReadAnswer {
  const line = config.settings.get('ruby_config')?.line ?? 1;
  return {
    ok: true,
    config: { ...config, warnings: [...config.warnings, { file, line, message }] },
  };
}

/** In a child process: the parser takes 20 MB, which the agent would keep for ever. */
function readInChild(request: ReadRequest): Promise<ReadAnswer> {
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
