/** What a whitelisted command runs. */
export interface CommandEntry {
  readonly commandLine: string;
  /** `true`: chef-client's own lock file; a text: this file. */
  readonly lock?: true | string;
}

/** What a pattern made of a command; `slow`: it was ended before it knew. */
export type Filled =
  | { readonly kind: 'match'; readonly text: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'slow' };

/** A pattern with the command line that its match fills. */
export interface Pattern {
  /** As the file has it. */
  readonly shown: string;
  fill(command: string): Filled;
}

/** One line of the whitelist: an exact name, or a pattern. */
export type WhitelistEntry =
  | ({ readonly name: string } & CommandEntry)
  | ({ readonly pattern: Pattern } & Omit<CommandEntry, 'commandLine'>);

/** What the whitelist says about a command; a refusal carries its reason. */
export type WhitelistAnswer = { ok: true; value: CommandEntry } | { ok: false; reason: string };

/** Turns command names into command lines. */
export interface Whitelist {
  lookUp(command: string): WhitelistAnswer | Promise<WhitelistAnswer>;
}

/** A whitelist that is what it was made of. */
export interface FixedWhitelist extends Whitelist {
  lookUp(command: string): WhitelistAnswer;
}

/** Exact names first, then patterns in the order of the file (ADDON C.3). */
export function makeWhitelist(entries: readonly WhitelistEntry[]): FixedWhitelist {
  const exact = new Map<string, CommandEntry>();
  const patterns: Extract<WhitelistEntry, { pattern: Pattern }>[] = [];
  for (const entry of entries) {
    if ('pattern' in entry) patterns.push(entry);
    else exact.set(entry.name, withLock(entry.commandLine, entry.lock));
  }
  return {
    lookUp: (command) => {
      const named = exact.get(command);
      if (named !== undefined) return { ok: true, value: named };
      for (const { pattern, lock } of patterns) {
        const filled = pattern.fill(command);
        if (filled.kind === 'match') return { ok: true, value: withLock(filled.text, lock) };
        if (filled.kind === 'none') continue;
        const what = `the whitelist's pattern ${shorten(pattern.shown)} takes too long`;
        return { ok: false, reason: `${what} on this command: ${shorten(command)}` };
      }
      return { ok: false, reason: `not in the whitelist: ${shorten(command)}` };
    },
  };
}

/** What a log says about the entries: the names, and how many patterns there are. */
export function summarize(entries: readonly WhitelistEntry[]): {
  commands: string[];
  patterns: number;
} {
  const commands = entries.flatMap((entry) => ('name' in entry ? [entry.name] : []));
  return { commands, patterns: entries.length - commands.length };
}

function withLock(commandLine: string, lock: true | string | undefined): CommandEntry {
  return lock === undefined ? { commandLine } : { commandLine, lock };
}

function shorten(command: string): string {
  return command.length > 100 ? `${command.slice(0, 100)}…` : command;
}
