/** What a whitelisted command runs. */
export interface CommandEntry {
  readonly commandLine: string;
  /** `true`: chef-client's own lock file; a text: this file. */
  readonly lock?: true | string;
}

/** A pattern with the command line that its match fills. */
interface Pattern {
  fill(command: string): string | undefined;
}

/** One line of the whitelist: an exact name, or a pattern. */
export type WhitelistEntry =
  | ({ readonly name: string } & CommandEntry)
  | ({ readonly pattern: Pattern } & Omit<CommandEntry, 'commandLine'>);

/** What the whitelist says about a command; a refusal carries its reason. */
export type WhitelistAnswer = { ok: true; value: CommandEntry } | { ok: false; reason: string };

/** Turns command names into command lines. */
export interface Whitelist {
  lookUp(command: string): WhitelistAnswer;
}

/** Exact names first, then patterns in the order of the file (ADDON C.3). */
export function makeWhitelist(entries: readonly WhitelistEntry[]): Whitelist {
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
        const commandLine = pattern.fill(command);
        if (commandLine !== undefined) return { ok: true, value: withLock(commandLine, lock) };
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
