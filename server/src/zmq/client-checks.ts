import type { Clock } from '../clock.ts';
import type { StoredAdmission } from './admissions.ts';

/** What the checks need. */
export interface ClientChecksDeps {
  clock: Pick<Clock, 'now' | 'after'>;
  log: Record<'debug' | 'info' | 'warn', (fields: object, message: string) => void>;
  count: (name: string, n?: number) => void;
  /** Milliseconds in which each client is asked for once; 0: never. */
  interval: number;
  /** `unknown`: nobody can say now. Rejects when the directory fails; then nothing is removed either. */
  ask: (orgId: string, client: string) => Promise<'there' | 'gone' | 'unknown'>;
  /** False when the node has no key any more. */
  isAdmitted: (orgId: string, node: string) => boolean;
  /** Takes the node's keys and its record. */
  remove: (orgId: string, node: string) => Promise<void>;
}

/** A node keeps its admission only for as long as its client exists (Decision 12). */
export interface ClientChecks {
  /** The client has just proved that it exists. */
  seen(admission: Pick<StoredAdmission, 'orgId' | 'node' | 'requester'>): void;
  /** What was admitted before the restart: asked for in the course of one interval. */
  load(admissions: readonly StoredAdmission[]): void;
  /** The directory says that it has no such client. */
  gone(orgId: string, client: string): void;
  stop(): void;
}

interface Entry {
  orgId: string;
  node: string;
  client: string;
  /** Milliseconds since 1970. */
  due: number;
}

/** Milliseconds between two questions at least: there is one at a time. */
const GAP = 20;

/** Begins with the first admission. */
export function makeClientChecks(deps: ClientChecksDeps): ClientChecks {
  const { clock, log, count, interval, ask, isAdmitted, remove } = deps;
  /** The one that is due first stands first. */
  const entries = new Map<string, Entry>();
  /** Organization and client -> keys of entries. */
  const byClient = new Map<string, Set<string>>();
  let cancelTimer: (() => void) | undefined;
  let asking = false;
  let stopped = false;

  function put(entry: Entry): void {
    const key = keyOf(entry.orgId, entry.node);
    drop(key);
    entries.set(key, entry);
    const client = keyOf(entry.orgId, entry.client);
    byClient.set(client, (byClient.get(client) ?? new Set()).add(key));
    plan();
  }

  function drop(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    const client = keyOf(entry.orgId, entry.client);
    byClient.get(client)?.delete(key);
    if (byClient.get(client)?.size === 0) byClient.delete(client);
  }

  function plan(): void {
    if (interval === 0 || asking || stopped || cancelTimer !== undefined) return;
    const [first] = entries.values();
    if (first === undefined) return;
    cancelTimer = clock.after(Math.max(GAP, first.due - clock.now()), () => {
      cancelTimer = undefined;
      const [next] = entries.values();
      if (next === undefined || next.due > clock.now()) {
        plan();
        return;
      }
      asking = true;
      void check(next).finally(() => {
        asking = false;
        plan();
      });
    });
  }

  async function check(entry: Entry): Promise<void> {
    const { orgId, node, client } = entry;
    if (!isAdmitted(orgId, node)) {
      drop(keyOf(orgId, node));
      return;
    }
    // It may be renewed meanwhile: then this answer is an old one.
    put({ ...entry, due: clock.now() + interval });
    const asked = entries.get(keyOf(orgId, node));
    try {
      const answer = await ask(orgId, client);
      count('client_checks');
      if (answer === 'gone' && entries.get(keyOf(orgId, node)) === asked) gone(orgId, client);
    } catch (error) {
      count('client_checks_failed');
      log.debug({ err: error, orgId, node }, 'the client of a node could not be asked for');
    }
  }

  function gone(orgId: string, client: string): void {
    for (const key of [...(byClient.get(keyOf(orgId, client)) ?? [])]) {
      const entry = entries.get(key);
      if (entry === undefined) continue;
      drop(key);
      count('admissions_removed');
      const { node } = entry;
      log.info({ orgId, node, client }, 'the client is gone: its node may not connect any more');
      remove(orgId, node).catch((error: unknown) => {
        log.warn({ err: error, orgId, node }, 'keys of a removed node may still be stored');
      });
    }
  }

  return {
    seen({ orgId, node, requester }) {
      if (requester.type !== 'client') return;
      put({ orgId, node, client: requester.name, due: clock.now() + interval });
    },
    load(admissions) {
      const now = clock.now();
      admissions.forEach(({ orgId, node, requester }, i) => {
        const due = now + (interval * (i + 1)) / admissions.length;
        put({ orgId, node, client: requester.name, due });
      });
    },
    gone,
    stop() {
      stopped = true;
      cancelTimer?.();
    },
  };
}

/** An organization's guid has no slash. */
function keyOf(orgId: string, name: string): string {
  return `${orgId}/${name}`;
}
