import type { Clock } from '../clock.ts';

/** A CURVE key that a signed config request brought (REFERENCE 8.2); registered only after it is granted (S1). */
export interface Admission {
  orgId: string;
  node: string;
  /** 32 bytes. */
  curveKey: Buffer;
  /** Who signed the request. A client asks for itself, a user looks. */
  requester: { name: string; type: 'user' | 'client' };
  /** What the node can do beyond the protocol of the reference (Decision 5); undefined: as it was. */
  capabilities?: readonly string[] | undefined;
}

/** An admission with the time of its last renewal, milliseconds since 1970. */
export interface StoredAdmission extends Admission {
  capabilities?: readonly string[];
  renewedAt: number;
}

/** Where nodes' keys outlive the server. */
export interface AdmissionStore {
  /** Stores or renews; of the node's keys only the `keep` newest stay. */
  save(admission: StoredAdmission, keep: number): Promise<void>;
  list(): Promise<StoredAdmission[]>;
  /** Removes the node's keys and stores its generation, both or none. */
  remove(orgId: string, node: string, generation: number): Promise<void>;
  /** Of every node that was ever removed. */
  generations(): Promise<{ orgId: string; node: string; generation: number }[]>;
  /** Removes what was last renewed at `before` or earlier. */
  removeLapsed(before: number): Promise<void>;
}

/** Who may connect to the command channel (Decision 12, Z5). */
export interface Admissions {
  /** From now on the key may connect. A store that fails is logged: the key then ends with this process. */
  admit(admission: Admission): Promise<void>;
  /** Keys that may connect. */
  count(): number;
  /** Asked at every handshake. */
  allows(curveKey: Buffer): boolean;
  /** True while the node has a key that may connect. Asked for every message: a look-up. */
  isAdmitted(orgId: string, node: string): boolean;
  /** What the node said with its newest key. Asked for every result: a look-up. */
  hasCapability(orgId: string, node: string, capability: string): boolean;
  /** How often the node was removed: part of its session key. Asked for every message: a look-up. */
  generation(orgId: string, node: string): number;
  /**
   * A node's client is gone or refused: none of its keys may connect again, and its session key is another one at
   * once. Rejects with the store's error; it is tried again then.
   */
  remove(orgId: string, node: string): Promise<void>;
  /** Reads back what was admitted before the restart. */
  load(): Promise<void>;
  close(): void;
}

interface Deps {
  clock: Pick<Clock, 'now' | 'every'>;
  log: { warn(fields: object, message: string): void };
  /** Without one, keys end with the process. */
  store?: AdmissionStore;
  /** Seconds between two renewals by an agent. */
  configLifetime?: number;
}

/** Keys that one node may have at a time: the agent's own, the one before its restart, one spare. */
const NODE_KEYS = 3;
/** Keys that one user may have at a time. */
const USER_KEYS = 100;
/** Milliseconds at least. An agent renews its key with every config request, by default each hour. */
const NODE_KEY_LIFE = 24 * 3_600_000;
/** An agent may miss a renewal. */
const RENEWALS_IN_LIFE = 2;
/** Milliseconds, as in the reference (REFERENCE 15.7). */
const USER_KEY_LIFE = 60_000;
/** Milliseconds between two sweeps. */
const SWEEP_INTERVAL = 60_000;

/** A node or a user. */
interface Holder {
  /** Key -> when it lapses; the one renewed last stands last. */
  readonly keys: Map<string, number>;
  /** Of a node. */
  capabilities: readonly string[];
  /** Its last key is gone. */
  readonly leave: () => void;
}

/** Makes the table of admitted keys. */
export function makeAdmissions({ clock, log, store, configLifetime = 0 }: Deps): Admissions {
  const nodeKeyLife = Math.max(NODE_KEY_LIFE, RENEWALS_IN_LIFE * configLifetime * 1000);
  const nodes = new Map<string, Map<string, Holder>>();
  const users = new Map<string, Holder>();
  /** Key -> its holders: two nodes may bring the same one, and each may lose it alone. */
  const byKey = new Map<string, Set<Holder>>();

  /** Of nodes that were removed: kept for ever, or what an old process holds would count again. */
  const generations = new Map<string, Map<string, number>>();
  /** Removals that the store has not taken yet. */
  const unsaved = new Map<string, { orgId: string; node: string }>();

  const generationOf = (orgId: string, node: string): number =>
    generations.get(orgId)?.get(node) ?? 0;
  const putGeneration = (orgId: string, node: string, generation: number): void => {
    const ofOrg = generations.get(orgId) ?? new Map<string, number>();
    generations.set(orgId, ofOrg.set(node, generation));
  };
  const saveRemoval = async (orgId: string, node: string): Promise<void> => {
    const generation = generationOf(orgId, node);
    await store?.remove(orgId, node, generation);
    if (generationOf(orgId, node) === generation) unsaved.delete(`${orgId}/${node}`);
  };
  const saveRemovals = async (): Promise<void> => {
    for (const { orgId, node } of [...unsaved.values()]) await saveRemoval(orgId, node);
  };
  const findNode = (orgId: string, node: string): Holder | undefined => nodes.get(orgId)?.get(node);
  const drop = (holder: Holder, key: string): void => {
    holder.keys.delete(key);
    if (holder.keys.size === 0) holder.leave();
    byKey.get(key)?.delete(holder);
    if (byKey.get(key)?.size === 0) byKey.delete(key);
  };
  const put = (holder: Holder, key: string, lapsesAt: number, keep: number): void => {
    const { keys } = holder;
    keys.delete(key);
    keys.set(key, lapsesAt);
    byKey.set(key, (byKey.get(key) ?? new Set()).add(holder));
    const [oldest] = keys.keys();
    if (keys.size > keep && oldest !== undefined) drop(holder, oldest);
  };
  const makeHolder = (among: Map<string, Holder>, name: string): Holder => {
    const leave = (): void => {
      among.delete(name);
    };
    const holder: Holder = { keys: new Map(), capabilities: [], leave };
    among.set(name, holder);
    return holder;
  };
  const putUser = (orgId: string, name: string, key: string, lapsesAt: number): void => {
    const user = `${orgId}/${name}`;
    put(users.get(user) ?? makeHolder(users, user), key, lapsesAt, USER_KEYS);
  };
  const putNode = (admission: Admission, lapsesAt: number): void => {
    const { orgId, node, curveKey, capabilities } = admission;
    const ofOrg = nodes.get(orgId) ?? new Map<string, Holder>();
    nodes.set(orgId, ofOrg);
    const holder = ofOrg.get(node) ?? makeHolder(ofOrg, node);
    holder.capabilities = capabilities ?? holder.capabilities;
    put(holder, nameOfKey(curveKey), lapsesAt, NODE_KEYS);
  };
  const sweep = (): void => {
    const now = clock.now();
    for (const holder of [users, ...nodes.values()].flatMap((held) => [...held.values()])) {
      for (const [key, lapsesAt] of holder.keys) if (lapsesAt <= now) drop(holder, key);
    }
    saveRemovals().catch((error: unknown) => {
      log.warn({ err: error, nodes: unsaved.size }, 'removed nodes are not stored yet');
    });
    store?.removeLapsed(now - nodeKeyLife).catch((error: unknown) => {
      log.warn({ err: error }, 'lapsed CURVE keys could not be removed from the database');
    });
  };
  const endSweeps = clock.every(SWEEP_INTERVAL, sweep);

  return {
    async admit(admission) {
      const { orgId, node, curveKey, requester } = admission;
      const now = clock.now();
      if (requester.type === 'user') {
        putUser(orgId, requester.name, nameOfKey(curveKey), now + USER_KEY_LIFE);
        return;
      }
      putNode(admission, now + nodeKeyLife);
      // With the key that is renewed last, whoever brought it: it is read back last.
      const capabilities = findNode(orgId, node)?.capabilities ?? [];
      try {
        // After the removal before it, or that would take it as well.
        if (unsaved.has(`${orgId}/${node}`)) await saveRemoval(orgId, node);
        await store?.save({ ...admission, capabilities, renewedAt: now }, NODE_KEYS);
      } catch (error) {
        log.warn({ err: error, orgId, node }, 'a CURVE key could not be stored');
      }
    },
    count: () => byKey.size,
    allows(curveKey) {
      const key = nameOfKey(curveKey);
      const now = clock.now();
      for (const holder of byKey.get(key) ?? []) {
        if ((holder.keys.get(key) ?? 0) > now) return true;
      }
      return false;
    },
    isAdmitted: (orgId, node) => findNode(orgId, node) !== undefined,
    hasCapability: (orgId, node, capability) =>
      findNode(orgId, node)?.capabilities.includes(capability) === true,
    generation: generationOf,
    async remove(orgId, node) {
      const holder = findNode(orgId, node);
      if (holder !== undefined) for (const key of holder.keys.keys()) drop(holder, key);
      putGeneration(orgId, node, generationOf(orgId, node) + 1);
      unsaved.set(`${orgId}/${node}`, { orgId, node });
      await saveRemoval(orgId, node);
    },
    async load() {
      for (const { orgId, node, generation } of (await store?.generations()) ?? []) {
        putGeneration(orgId, node, generation);
      }
      const now = clock.now();
      // The key renewed longest ago comes first.
      for (const admission of (await store?.list()) ?? []) {
        const lapsesAt = admission.renewedAt + nodeKeyLife;
        if (lapsesAt > now) putNode(admission, lapsesAt);
      }
    },
    close: endSweeps,
  };
}

function nameOfKey(curveKey: Buffer): string {
  return curveKey.toString('latin1');
}
