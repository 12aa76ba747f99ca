import type { Clock } from '../clock.ts';
import type { Log } from './log.ts';

/** From an organization's name to its guid. */
export interface Organizations {
  /** The answer that is remembered, if any. Asked for every message: a look-up. */
  known(name: string): string | undefined;
  /** Asks the directory, with a deadline of its own; undefined: no such organization. */
  resolve(name: string): Promise<string | undefined>;
}

/** Names that are asked for at the same time: so many that were there before, and so many that nobody knows. */
const MAX_ASKED = 32;
/** Names that nobody knows and that wait for their turn. */
const MAX_NAMES = 1_024;
/** Names that were there before. */
const MAX_REMEMBERED = 10_000;
/** Messages, and bytes of them, that wait for all those names. */
const MAX_WAITING = 20_000;
const MAX_WAITING_BYTES = 32 * 1024 * 1024;
/** Messages of one connection that wait: an agent sends one or two in that time. */
const MAX_OF_SENDER = 16;
/** Milliseconds after which the messages that wait for a name are dropped. */
const DEADLINE = 10_000;

/** Why a message does not get its organization. */
export type GateRefusal = 'unknown_organization' | 'too_many_organizations' | 'organization_away';

/** A message that wants to know the guid of the organization that it names. */
export interface Asker {
  /** Its connection. */
  from: string;
  /** Bytes that it keeps in memory while it waits. */
  size: number;
  admitted: (orgId: string) => void;
  refused: (reason: GateRefusal) => void;
}

/**
 * Answers at once where the guid is known; bounded in number, bytes and time where it must be asked for (S6).
 * Fair: a connection waits for one name at a time, and names that were there before never wait behind others.
 */
export interface OrgGate {
  /** The guid, for nearly every message; undefined where the message has to be admitted. */
  known(name: string): string | undefined;
  admit(name: string, asker: Asker): void;
  /** Drops all that waits. */
  stop(): void;
}

/** A name that must be asked for. */
interface Line {
  name: string;
  askers: Asker[];
  /** It was there before. */
  trusted: boolean;
  asked: boolean;
  cancelDeadline: () => void;
}

export function makeOrgGate(deps: {
  clock: Clock;
  log: Log;
  organizations: Organizations;
}): OrgGate {
  const { clock, log, organizations } = deps;
  const lines = new Map<string, Line>();
  /** Lines that were not asked for yet, the oldest first. */
  const queue = new Set<Line>();
  /** Connection -> the line that it waits in, and how many messages. */
  const senders = new Map<string, { line: Line; count: number }>();
  const remembered = new Set<string>();
  const asked = { trusted: 0, others: 0 };
  let count = 0;
  let bytes = 0;

  function known(name: string): string | undefined {
    // Messages that already wait go first, or a later one would make them look like replays (Z4).
    const orgId = lines.has(name) ? undefined : organizations.known(name);
    if (orgId !== undefined) remember(name);
    return orgId;
  }

  function admit(name: string, asker: Asker): void {
    const orgId = known(name);
    if (orgId !== undefined) {
      asker.admitted(orgId);
      return;
    }
    const line = lines.get(name);
    if (!hasRoom(line, asker) || (line === undefined && !mayStart(name))) {
      asker.refused('too_many_organizations');
      return;
    }
    const joined = line ?? start(name);
    const sender = senders.get(asker.from) ?? { line: joined, count: 0 };
    sender.count += 1;
    senders.set(asker.from, sender);
    count += 1;
    bytes += asker.size;
    joined.askers.push(asker);
    if (line === undefined) askNext();
  }

  function hasRoom(line: Line | undefined, asker: Asker): boolean {
    if (count >= MAX_WAITING || bytes + asker.size > MAX_WAITING_BYTES) return false;
    const sender = senders.get(asker.from);
    return sender === undefined || (sender.line === line && sender.count < MAX_OF_SENDER);
  }

  function mayStart(name: string): boolean {
    return remembered.has(name) || queue.size < MAX_NAMES;
  }

  function start(name: string): Line {
    const trusted = remembered.has(name);
    const line: Line = { name, askers: [], trusted, asked: false, cancelDeadline: () => undefined };
    line.cancelDeadline = clock.after(DEADLINE, () => {
      settle(line, 'organization_away');
    });
    lines.set(name, line);
    queue.add(line);
    return line;
  }

  function askNext(): void {
    for (const line of queue) {
      const kind = line.trusted ? 'trusted' : 'others';
      if (asked[kind] < MAX_ASKED) ask(line, kind);
      else if (asked.trusted >= MAX_ASKED && asked.others >= MAX_ASKED) return;
    }
  }

  function ask(line: Line, kind: keyof typeof asked): void {
    queue.delete(line);
    line.asked = true;
    asked[kind] += 1;
    organizations.resolve(line.name).then(
      (orgId) => {
        if (orgId !== undefined) remember(line.name);
        settle(line, orgId === undefined ? 'unknown_organization' : { orgId });
      },
      (error: unknown) => {
        log.warn({ err: error, org: line.name }, 'the organization could not be looked up');
        settle(line, 'organization_away');
      },
    );
  }

  function settle(line: Line, answer: GateRefusal | { orgId: string }): void {
    if (lines.get(line.name) !== line) return;
    lines.delete(line.name);
    queue.delete(line);
    if (line.asked) asked[line.trusted ? 'trusted' : 'others'] -= 1;
    line.cancelDeadline();
    for (const asker of line.askers) {
      count -= 1;
      bytes -= asker.size;
      senders.delete(asker.from);
      if (typeof answer === 'string') asker.refused(answer);
      else asker.admitted(answer.orgId);
    }
    askNext();
  }

  /** The one remembered longest ago is forgotten first. */
  function remember(name: string): void {
    if (remembered.has(name)) return;
    remembered.add(name);
    const [oldest] = remembered;
    if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
  }

  return {
    known,
    admit,
    stop() {
      for (const line of lines.values()) line.cancelDeadline();
      lines.clear();
      queue.clear();
    },
  };
}
