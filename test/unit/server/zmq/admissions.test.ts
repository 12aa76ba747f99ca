import assert from 'node:assert/strict';
import {
  makeAdmissions,
  type Admission,
  type Admissions,
  type AdmissionStore,
  type StoredAdmission,
} from '../../../../server/src/zmq/admissions.ts';
import { makeFakeClock } from '../../../helpers/fake-clock.ts';
import { makeLog } from '../../../helpers/logs.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const key = (n: number): Buffer => Buffer.alloc(32, n);
const fromClient = (n: number, node = 'web1'): Admission => ({
  orgId: 'acme-guid',
  node,
  curveKey: key(n),
  requester: { name: node, type: 'client' },
});
const fromUser = (n: number, name = 'ada'): Admission => ({
  ...fromClient(n),
  requester: { name, type: 'user' },
});

interface Removed {
  orgId: string;
  node: string;
  generation: number;
}

function makeStore(): AdmissionStore & {
  rows: StoredAdmission[];
  removed: Removed[];
  away: boolean;
} {
  const store = {
    rows: [] as StoredAdmission[],
    removed: [] as Removed[],
    away: false,
    act(action: () => void): Promise<void> {
      if (store.away) return Promise.reject(new Error('away'));
      action();
      return Promise.resolve();
    },
    save: (row: StoredAdmission) =>
      store.act(() => {
        store.rows = store.rows.filter((other) => !other.curveKey.equals(row.curveKey));
        store.rows.push(row);
      }),
    list: () => Promise.resolve(store.rows),
    generations: () => Promise.resolve(store.removed),
    remove: (orgId: string, node: string, generation: number) =>
      store.act(() => {
        store.removed = store.removed.filter((row) => row.orgId !== orgId || row.node !== node);
        store.removed.push({ orgId, node, generation });
        store.rows = store.rows.filter((row) => row.orgId !== orgId || row.node !== node);
      }),
    removeLapsed: (before: number) =>
      store.act(() => {
        store.rows = store.rows.filter((row) => row.renewedAt > before);
      }),
  };
  return store;
}

describe('admissions', () => {
  const clock = makeFakeClock();
  const log = makeLog();
  let store = makeStore();
  let admissions: Admissions;
  const allowed = (...keys: number[]): number[] => keys.filter((n) => admissions.allows(key(n)));
  beforeEach(() => {
    store = makeStore();
    log.lines.length = 0;
    admissions = makeAdmissions({ clock, log, store });
  });
  afterEach(() => {
    admissions.close();
    assert.equal(clock.waiting(), 0);
  });

  it('allows nobody at first', () => {
    assert.deepEqual(allowed(1), []);
    assert.equal(admissions.allows(Buffer.alloc(0)), false);
  });

  it('Decision 12 keeps the newest three keys of a node, renewed ones being new', async () => {
    for (const n of [1, 2, 3]) await admissions.admit(fromClient(n));
    await admissions.admit(fromClient(9, 'web2'));
    await admissions.admit(fromClient(1));
    await admissions.admit(fromClient(4));
    assert.deepEqual(allowed(1, 2, 3, 4, 9), [1, 3, 4, 9]);
  });

  it('Z5 keeps the key of a node for as long as it renews it, and a day more', async () => {
    await admissions.admit(fromClient(1));
    await clock.advance(DAY - 1);
    await admissions.admit(fromClient(1));
    await clock.advance(DAY - 1);
    assert.deepEqual(allowed(1), [1]);
    await clock.advance(1);
    assert.deepEqual(allowed(1), []);
    await clock.advance(60_000);
    assert.deepEqual(store.rows, []);
  });

  it("REFERENCE 15.7 keeps a user's key for 60 seconds and does not store it", async () => {
    await admissions.admit(fromUser(1));
    await clock.advance(59_999);
    assert.deepEqual(allowed(1), [1]);
    await clock.advance(1);
    assert.deepEqual(allowed(1), []);
    assert.deepEqual(store.rows, []);
  });

  it("bounds the keys of a user, and does not let them push a node's out", async () => {
    await admissions.admit(fromClient(255));
    for (let n = 0; n < 102; n++) await admissions.admit(fromUser(n));
    assert.deepEqual(allowed(0, 1, 2, 101, 255), [2, 101, 255]);
  });

  it('takes the keys of a node that is removed, but not one that another node brought as well', async () => {
    await admissions.admit(fromClient(1));
    await admissions.admit(fromClient(2));
    await admissions.admit(fromClient(2, 'web2'));
    assert.equal(admissions.isAdmitted('acme-guid', 'web1'), true);
    await admissions.remove('acme-guid', 'web1');
    assert.equal(admissions.isAdmitted('acme-guid', 'web1'), false);
    assert.deepEqual(allowed(1, 2), [2]);
    await admissions.remove('acme-guid', 'none');
    await admissions.remove('acme-guid', 'web2');
    assert.deepEqual(allowed(1, 2), []);
  });

  it('Decision 12 knows after a restart what it knew, but for what has lapsed', async () => {
    await admissions.admit(fromClient(1));
    await clock.advance(HOUR);
    await admissions.admit(fromClient(2));
    await admissions.admit(fromUser(3));
    await clock.advance(DAY - HOUR);
    const again = makeAdmissions({ clock, log, store });
    await again.load();
    assert.deepEqual(
      [1, 2, 3].map((n) => again.allows(key(n))),
      [false, true, false],
    );
    again.close();
  });

  it('Decision 12 keeps what a node can do with its newest key, also over a restart', async () => {
    const capable = (from: Admissions, node: string) =>
      from.hasCapability('acme-guid', node, 'result_ack');
    await admissions.admit({ ...fromClient(1), capabilities: ['result_ack'] });
    await admissions.admit({ ...fromClient(5, 'web2'), capabilities: ['result_ack'] });
    await clock.advance(1);
    await admissions.admit({ ...fromUser(3), capabilities: ['result_ack'], node: 'web3' });
    await admissions.admit({ ...fromClient(6, 'web2'), capabilities: [] });
    // Somebody looks with another key of the node, and says nothing of it.
    for (const node of ['web1', 'web2']) await admissions.admit(fromClient(7, node));
    const again = makeAdmissions({ clock, log, store });
    await again.load();
    again.close();
    for (const table of [admissions, again]) {
      assert.deepEqual(
        ['web1', 'web2', 'web3'].map((node) => capable(table, node)),
        [true, false, false],
      );
      assert.equal(table.hasCapability('acme-guid', 'web1', 'flight'), false);
    }
    await admissions.remove('acme-guid', 'web1');
    assert.equal(capable(admissions, 'web1'), false);
  });

  it('Decision 12 counts the removals of a node for ever, also over a restart', async () => {
    const [org, web1] = ['acme-guid', 'web1'] as const;
    await admissions.admit(fromClient(1));
    assert.equal(admissions.generation(org, web1), 0);
    await admissions.remove(org, web1);
    await admissions.admit(fromClient(2));
    await admissions.remove(org, web1);
    await admissions.admit(fromClient(3));
    const again = makeAdmissions({ clock, log, store });
    await again.load();
    again.close();
    for (const table of [admissions, again]) {
      assert.equal(table.generation(org, web1), 2);
      assert.equal(table.generation(org, 'web2'), 0);
      assert.equal(table.generation('other-guid', web1), 0);
    }
    await clock.advance(2 * DAY);
    assert.equal(admissions.generation(org, web1), 2);
  });

  it('Decision 12 stores a removal later that the database could not take, before a new key', async () => {
    const [orgId, node] = ['acme-guid', 'web1'];
    for (const n of [1, 2]) await admissions.admit(fromClient(n, `web${n}`));
    store.away = true;
    await assert.rejects(admissions.remove(orgId, node), /away/);
    await assert.rejects(admissions.remove(orgId, 'web2'), /away/);
    assert.deepEqual(allowed(1, 2), []);
    assert.equal(admissions.generation(orgId, node), 1);
    await clock.advance(60_000);
    assert.ok(log.lines.some(({ message }) => message === 'removed nodes are not stored yet'));
    assert.deepEqual(store.removed, []);
    store.away = false;
    await admissions.admit(fromClient(3));
    assert.deepEqual(store.removed, [{ orgId, node, generation: 1 }]);
    await clock.advance(60_000);
    await Promise.resolve();
    assert.deepEqual(store.removed[1], { orgId, node: 'web2', generation: 1 });
    assert.deepEqual(
      store.rows.map(({ curveKey }) => curveKey[0]),
      [3],
    );
  });

  it('admits a node while the database is away, with a line in the log', async () => {
    store.away = true;
    await admissions.admit(fromClient(1));
    assert.deepEqual(allowed(1), [1]);
    assert.equal(log.lines[0]?.message, 'a CURVE key could not be stored');
    await clock.advance(60_000);
    await Promise.resolve();
    assert.equal(log.lines.length, 2);
  });

  it('works without a store', async () => {
    const alone = makeAdmissions({ clock, log });
    await alone.load();
    await alone.admit(fromClient(1));
    assert.equal(alone.allows(key(1)), true);
    await alone.remove('acme-guid', 'web1');
    assert.equal(alone.allows(key(1)), false);
    await clock.advance(60_000);
    alone.close();
  });
});
