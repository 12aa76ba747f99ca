import type { Node } from '@ruby/prism/src/nodes.js';
import type { Source } from './parse.ts';
import type { EntryPlace, ReadOptions, Setting, Warning } from './types.ts';
import type { RubyHash, RubyValue } from './values.ts';

/** A name whose value could not be read: using it where it matters is refused, with this reason. */
export interface Unread {
  readonly unread: string;
  readonly line: number;
  readonly file: string;
  /** It holds an object made by `Some::Class.new`, which cannot be the configuration itself. */
  readonly instance?: boolean;
}

/** What is known of a name. */
export type Cell = Setting | Unread;

/** `ENV` as the file has changed it: null is a removed variable. */
export type EnvironmentCell = { readonly value: string | null } | { readonly unread: string };

/** `node_name = 'x'`: an error unless the setting itself is set after it. */
export interface Trap {
  readonly name: string;
  readonly line: number;
  readonly file: string;
}

/** Everything that one reading has found so far; shared by the files that it includes. */
export interface Reading {
  readonly options: ReadOptions;
  readonly settings: Map<string, Cell>;
  readonly objects: ReadonlyMap<string, Map<string, Cell>>;
  readonly environment: Map<string, EnvironmentCell>;
  readonly constants: Map<string, Cell>;
  readonly files: Set<string>;
  readonly warnings: Warning[];
  readonly traps: Map<string, Trap>;
  /** Hashes inside objects: symbol and text keys are the same there. */
  readonly indifferent: WeakSet<RubyHash>;
  /** Values of float literals without a fraction: as text they would differ from the integer. */
  readonly integralFloats: Set<number>;
  /** Files that were `require`d: each runs once. */
  readonly required: Set<string>;
  /** Directories that the file adds to `$LOAD_PATH`. */
  readonly loadPath: string[];
  /** Where entries of hashes were written, by the text of their keys. */
  readonly entries: WeakMap<RubyHash, Map<string, Pick<EntryPlace, 'file' | 'line'>>>;
  /** Names of methods that the file defines: calling one is no setting. */
  readonly methods: Set<string>;
  /** Hashes and lists that the file has frozen. */
  readonly frozen: WeakSet<object>;
  showTime: boolean | undefined;
  /** Turns of loops so far. */
  turns: number;
}

/** One file being evaluated: its own local variables over the shared reading. */
export interface Scope {
  readonly reading: Reading;
  readonly source: Source;
  readonly locals: Map<string, Cell>;
  /** How many files include this one. */
  readonly depth: number;
  /** Inside `begin … rescue`: what is skipped might raise, so nothing is. */
  readonly isStrict?: boolean;
  /** The value of an expression; throws a RubyConfigError when it is outside the subset. */
  evaluate(node: Node): RubyValue;
  /** Runs statements in order. */
  run(nodes: readonly Node[]): void;
  /** Runs another file's text in the same reading; `isMain`: not inside the configuration (`load`, `require`). */
  include(text: string, file: string, isMain?: boolean): void;
}

/** Starts a reading. */
export function newReading(options: ReadOptions): Reading {
  return {
    options,
    settings: new Map(),
    objects: new Map((options.objects ?? []).map((name) => [name, new Map<string, Cell>()])),
    environment: new Map(),
    constants: new Map(),
    files: new Set(),
    warnings: [],
    traps: new Map(),
    indifferent: new WeakSet(),
    integralFloats: new Set(),
    required: new Set(),
    loadPath: [],
    entries: new WeakMap(),
    methods: new Set(),
    frozen: new WeakSet(),
    showTime: undefined,
    turns: 0,
  };
}

/** Whether a name may never be guessed: a relevant setting, or one of the objects. */
export function isRelevant(reading: Reading, name: string): boolean {
  return reading.options.relevant.has(name) || reading.objects.has(name);
}

/** A known value, said at this node. */
export function cellAt(scope: Scope, node: Node, value: RubyValue): Setting {
  return { value, line: scope.source.lineOf(node.location), file: scope.source.file };
}

/** Adds a remark about this node. */
export function warn(scope: Scope, node: Node, message: string): void {
  const { warnings } = scope.reading;
  const line = scope.source.lineOf(node.location);
  const { file } = scope.source;
  // A loop comes by more than once.
  if (warnings.some((w) => w.message === message && w.line === line && w.file === file)) return;
  warnings.push({ line, file, message });
}
