import { readFile } from 'node:fs/promises';
import type { ParseResult } from '@ruby/prism/src/deserialize.js';
import { parsePrism } from '@ruby/prism/src/parsePrism.js';

/** The part of WebAssembly that is used here: its types belong to the browser's library. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  readonly Instance: new (
    module: object,
    imports: Record<string, Record<string, () => number>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
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
  loaded ??= compile();
  return loaded;
}

async function compile(): Promise<Parser> {
  const bytes = await readFile(new URL(import.meta.resolve('@ruby/prism/src/prism.wasm')));
  const module = await WebAssembly.compile(bytes);
  const imports: Record<string, Record<string, () => number>> = {};
  for (const wanted of WebAssembly.Module.imports(module)) {
    const space = (imports[wanted.module] ??= {});
    space[wanted.name] = refuseSystemCall;
  }
  return (source, path) => {
    // A text that overflows the parser's stack leaves its memory broken: each text gets a new one (under 1 ms).
    const { exports } = new WebAssembly.Instance(module, imports);
    (exports['_initialize'] as () => void)();
    const guard = layGuard(exports);
    const result = parsePrism(exports, source, { filepath: path, encoding: false });
    if (!guard.isWhole()) throw new Error('the parser used up its stack');
    return result;
  };
}

/** Bytes at the end of the parser's stack, which nothing else guards: 1/8 of it. */
const GUARD_BYTES = 8192;

/** Marks the end of the stack, so that an overflow into the parser's data is seen afterwards. */
function layGuard(exports: Readonly<Record<string, unknown>>): { isWhole(): boolean } {
  const start = (exports['__stack_low'] as { value: number }).value;
  const memory = exports['memory'] as { buffer: ArrayBuffer };
  const marks = () => new Uint8Array(memory.buffer, start, GUARD_BYTES);
  marks().fill(0xa5);
  return { isWhole: () => marks().every((byte) => byte === 0xa5) };
}

/** WASI's "not supported" (ENOSYS). */
function refuseSystemCall(): number {
  return 52;
}
