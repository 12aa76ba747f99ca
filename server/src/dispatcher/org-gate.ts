import type { Clock } from '../clock.ts';
import type { Log } from './log.ts';

/** From an organization's name to its guid. */
export interface Organizations {
  /** The answer that is remembered, if any. Asked for every message: a look-up. */
  known(name: string): string | undefined;
  /** Asks the directory, with a deadline of its own; undefined: no such organization. */
  resolve(name: string): Promise<string | undefined>;
}

/** Names that are asked for at the same time. */
const MAX_NAMES = 32;
/** Messages, and bytes of them, that wait for all those names. */
const MAX_WAITING = 20_000;
const MAX_WAITING_BYTES = 32 * 1024 * 1024;
/** Milliseconds after which the messages that wait for a name are dropped. */
const DEADLINE = 10_000;

/** Why a message does not get its organization. */
export type GateRefusal = 'unknown_organization' | 'too_many_organizations' | 'organization_away';

/** A message that wants to know the guid of the organization that it names. */
export interface Asker {
  /** Bytes that it keeps in memory while it waits. */
  size: number;
  admitted: (orgId: string) => void;
  refused: (reason: GateRefusal) => void;
}

/** Answers at once where the guid is known; bounded in number, bytes and time where it must be asked for (S6). */
export interface OrgGate {
  admit(name: string, asker: Asker): void;
  /** Drops all that waits. */
  stop(): void;
}

export function makeOrgGate(deps: {
  clock: Clock;
  log: Log;
  organizations: Organizations;
}): OrgGate {
  const { clock, log, organizations } = deps;
  const waiting = new Map<string, Asker[]>();
  const deadlines = new Map<string, () => void>();
  let count = 0;
  let bytes = 0;

  function ask(name: string): Asker[] {
    const askers: Asker[] = [];
    waiting.set(name, askers);
    const deadline = clock.after(DEADLINE, () => {
      settle('organization_away');
    });
    deadlines.set(name, deadline);
    organizations.resolve(name).then(
      (orgId) => {
        settle(orgId === undefined ? 'unknown_organization' : { orgId });
      },
      (error: unknown) => {
        log.warn({ err: error, org: name }, 'the organization could not be looked up');
        settle('organization_away');
      },
    );
    return askers;

    function settle(answer: GateRefusal | { orgId: string }): void {
      if (waiting.get(name) !== askers) return;
      deadline();
      deadlines.delete(name);
      waiting.delete(name);
      for (const asker of askers) {
        count -= 1;
        bytes -= asker.size;
        if (typeof answer === 'string') asker.refused(answer);
        else asker.admitted(answer.orgId);
      }
    }
  }

  function admit(name: string, asker: Asker): void {
    const line = waiting.get(name);
    // Messages that already wait go first, or a later one would make them look like replays (Z4).
    const orgId = line === undefined ? organizations.known(name) : undefined;
    if (orgId !== undefined) {
      asker.admitted(orgId);
      return;
    }
    const full =
      (line === undefined && waiting.size >= MAX_NAMES) ||
      count >= MAX_WAITING ||
      bytes + asker.size > MAX_WAITING_BYTES;
    if (full) {
      asker.refused('too_many_organizations');
      return;
    }
    count += 1;
    bytes += asker.size;
    (line ?? ask(name)).push(asker);
  }

  return {
    admit,
    stop() {
      for (const cancel of deadlines.values()) cancel();
      waiting.clear();
    },
  };
}
