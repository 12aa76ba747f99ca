import { readFile } from 'node:fs/promises';
import type { ParseResult } from '@ruby/prism/src/deserialize.js';
import { parsePrism } from '@ruby/prism/src/parsePrism.js';

/** The part of WebAssembly that is used here: its types belong to the browser's library. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(
    module: object,
    imports: Record<string, Record<string, () => number>>,
  ): Promise<{ readonly exports: Readonly<Record<string, unknown>> }>;
  readonly Module: {
    imports(module: object): { readonly module: string; readonly name: string }[];
  };
};

/** Parses Ruby source text; the path is what `__FILE__` gives. */
export type Parser = (source: string, path: string) => ParseResult;

let loaded: Promise<Parser> | undefined;

/**
 * Loads the WebAssembly parser, once.
 *
 * The package's own loader goes through `node:wasi`, which prints a warning at every start and gives the
 * module a way to files. Parsing needs no system call at all, so each of them is answered here with an
 * error, and a file to parse can reach nothing outside its memory.
 */
export function loadParser(): Promise<Parser> {
  loaded ??= instantiate();
  return loaded;
}

async function instantiate(): Promise<Parser> {
  const bytes = await readFile(new URL(import.meta.resolve('@ruby/prism/src/prism.wasm')));
  const module = await WebAssembly.compile(bytes);
  const imports: Record<string, Record<string, () => number>> = {};
  for (const wanted of WebAssembly.Module.imports(module)) {
    const space = (imports[wanted.module] ??= {});
    space[wanted.name] = refuseSystemCall;
  }
  const { exports } = await WebAssembly.instantiate(module, imports);
  (exports['_initialize'] as () => void)();
  return (source, path) => parsePrism(exports, source, { filepath: path, encoding: false });
}

/** WASI's "not supported" (ENOSYS). */
function refuseSystemCall(): number {
  return 52;
}
