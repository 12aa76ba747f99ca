import type { ReadOptions, RubyConfig } from './types.ts';

/**
 * Reads a Ruby configuration file without running Ruby, and throws a RubyConfigError for what it cannot.
 *
 * The parser and its tree types are loaded at the first call and stay: 12 MB of memory after one small file. A program
 * that is to stay small calls this in a child process that ends afterwards.
 */
export async function readRubyConfig(source: string, options: ReadOptions): Promise<RubyConfig> {
  const { readDocument } = await import('./document.ts');
  return readDocument(source, options);
}
