/** The program of the child process that reads a configuration file (see read-config.ts). */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { readRubyConfig, type ReadOptions, type RubyConfig } from '@pushy/ruby-config';
import { isDataFile, loadParsers, readDataConfig } from '../config/data.ts';
import type { ReadAnswer, ReadRequest } from './read-config.ts';

process.once('message', (request) => {
  void read(request as ReadRequest).then((answer) => {
    process.send?.(answer, () => {
      process.disconnect();
    });
  });
});

/** How long `hostname -f` may take, milliseconds: it may ask DNS. */
const HOST_NAME_TIMEOUT_MS = 5000;

/** What a file may ask of this host. */
const host: Omit<ReadOptions, 'file' | 'env' | 'relevant'> = {
  readFile: (path) => ifThere(() => readFileSync(path, 'utf8')),
  fileType: (path) => ifThere(() => (statSync(path).isDirectory() ? 'directory' : 'file')),
  listDirectory: (path) => ifThere(() => readdirSync(path)) ?? [],
  hostName: (kind) => (kind === 'short' ? hostname() : fullHostName()),
  workingDirectory: process.cwd(),
  // They say which programs jobs find, where the agent's cache is, and whom it trusts.
  relevantVariables: new Set(['HOME', 'PATH', 'SSL_CERT_DIR', 'SSL_CERT_FILE']),
};

async function read({ file, env, relevant }: ReadRequest): Promise<ReadAnswer> {
  let source = '';
  try {
    source = readFileSync(file, 'utf8');
    if (isDataFile(file)) return { ok: true, config: await readDataConfig(source, file, relevant) };
    const config = await readRuby(source, { file, env, relevant, ...host });
    return { ok: true, config };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    // A refusal of the file names its place by itself.
    const isOfSystem = error instanceof Error && 'syscall' in error;
    // Something inside itself, or too deep.
    const isTooMuch = error instanceof RangeError;
    const message = isOfSystem || isTooMuch ? `${file}: ${what}` : what;
    const ruby = isDataFile(file) ? undefined : RUBY_CONFIG.exec(source)?.[1];
    return { ok: false, message, ...(ruby === undefined ? {} : { ruby }) };
  }
}

/** The parsers of data are loaded for a file that includes data: it is read anew with them. */
async function readRuby(source: string, options: ReadOptions): Promise<RubyConfig> {
  const missing = new Error('the parsers of data are not loaded yet');
  const readData = (): never => {
    throw missing;
  };
  try {
    return await readRubyConfig(source, { ...options, readData });
  } catch (error) {
    if (error !== missing) throw error;
    const parse = await loadParsers();
    return readRubyConfig(source, {
      ...options,
      readData: (text, path) => parse(text, path, options.relevant),
    });
  }
}

/** The line by which a file asks for Ruby itself, in one that cannot be read without. */
const RUBY_CONFIG = /^ruby_config[ \t(]+['":]([^'"\s)]+)/m;

function fullHostName(): string {
  const options = { encoding: 'utf8', timeout: HOST_NAME_TIMEOUT_MS } as const;
  return execFileSync('hostname', ['-f'], options).trimEnd();
}

function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
