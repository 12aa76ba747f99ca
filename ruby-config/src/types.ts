import type { RubyValue } from './values.ts';

/** What a file said about one name, and where. */
export interface Setting {
  readonly value: RubyValue;
  /** From 1. */
  readonly line: number;
  /** The file that said it: the one read, or one that it includes. */
  readonly file: string;
  /** Of a hash: where its entries stand that were written one by one. */
  readonly places?: readonly EntryPlace[];
}

/** Where an entry of a hash stands. */
export interface EntryPlace {
  /** Its key as text, after those of the hashes around it. */
  readonly path: readonly string[];
  readonly line: number;
  readonly file: string;
}

/** How a configuration file is read. Nothing is taken from the process or the disk. */
export interface ReadOptions {
  /** Path of the file, absolute where it can be: `__FILE__`, and the place in messages. */
  readonly file: string;
  /** What `ENV` holds at the start. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Names of settings that must never be guessed: what could touch one and cannot be read is an error. */
  readonly relevant: ReadonlySet<string>;
  /** Environment variables that must never be guessed, such as PATH; the proxies, by settings of their names. */
  readonly relevantVariables?: ReadonlySet<string>;
  /** Names that are hashes from the start, with text and symbol keys alike: `opscode_pushy_server`, `knife`. */
  readonly objects?: readonly string[];
  /** Text of another file that this one includes, undefined when there is none. Without it includes are refused. */
  readonly readFile?: (path: string) => string | undefined;
  /**
   * Settings of a file of JSON, TOML or YAML, for `from_file`; throws an error whose message names file and line. Left
   * out: such a file is refused.
   */
  readonly readData?: (text: string, path: string) => ReadonlyMap<string, Setting>;
  /** What stands at a path, for `File.exist?`. Left out, like the next three: what asks for it is not read. */
  readonly fileType?: (path: string) => 'file' | 'directory' | undefined;
  /** Names of what is in a directory, for `Dir.glob`; none where there is no directory. */
  readonly listDirectory?: (path: string) => readonly string[];
  /** Name of this host, for `Socket.gethostname` and `` `hostname -f` ``. */
  readonly hostName?: (kind: 'short' | 'full') => string | undefined;
  /** Where relative paths start. */
  readonly workingDirectory?: string;
}

/** A remark for the log: something was skipped or has no effect. */
export interface Warning {
  readonly line: number;
  readonly file: string;
  readonly message: string;
}

/** What a configuration file says. */
export interface RubyConfig {
  readonly settings: ReadonlyMap<string, Setting>;
  /** Of each name in `objects`: its keys as text. */
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, Setting>>;
  /** `ENV['X'] = …`: what the file changes in the environment; null removes a variable. */
  readonly environment: ReadonlyMap<string, string | null>;
  /** `LC_ALL='…'`: Ruby constants. They never reached the environment of the original agent. */
  readonly constants: ReadonlyMap<string, Setting>;
  /** Every file that was read, and every directory that was listed: what the result depends on. */
  readonly files: readonly string[];
  readonly warnings: readonly Warning[];
  /** `Mixlib::Log::Formatter.show_time = …` */
  readonly showTime?: boolean;
}
