import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { signRequest } from 'mixlib-authentication-ts';
import { addGroup } from '../../../../server/src/db/add-group.ts';
import { addGroupMember } from '../../../../server/src/db/add-group-member.ts';
import { addOrganization } from '../../../../server/src/db/add-organization.ts';
import { addPrincipal } from '../../../../server/src/db/add-principal.ts';
import type { Db } from '../../../../server/src/db/db.ts';
import { openEmbedded } from '../../../../server/src/db/embedded.ts';
import { migrate } from '../../../../server/src/db/migrate.ts';
import { ROUTES } from '../../../../server/src/http/route-table.ts';
import { CCPK } from '../../../helpers/api.ts';
import { openApiRooms, type ApiRooms } from '../../../helpers/api-rooms.ts';
import { startFakeChef, type FakeChef } from '../../../helpers/fake-chef.ts';
import { newKeyPair } from '../../../helpers/keys.ts';
import { testConfig } from '../../../helpers/server.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

/** What decides about a route, its target when its turn comes, and its status for whoever may. */
interface Row {
  rule: 'everybody' | 'reader' | 'writer' | 'node';
  allowed: number;
  /** Of which job `:id` is. */
  job?: 'finished' | 'in flight';
  query?: string;
  body?: string;
}

/** Who may do what, by the name of the route (REFERENCE 6). A route without a row here fails the test below. */
const ROWS: Readonly<Record<string, Row>> = {
  get_status: { rule: 'everybody', allowed: 200 },
  get_description: { rule: 'everybody', allowed: 200 },
  get_config: { rule: 'node', allowed: 200, query: `?ccpk=${CCPK}` },
  list_jobs: { rule: 'reader', allowed: 200 },
  create_job: { rule: 'writer', allowed: 201, body: '{"command":"c","nodes":["web1"]}' },
  get_job: { rule: 'reader', allowed: 200, job: 'finished' },
  stop_job: { rule: 'writer', allowed: 202, job: 'in flight' },
  delete_job: { rule: 'writer', allowed: 200, job: 'finished' },
  get_stdout: { rule: 'reader', allowed: 200, job: 'finished' },
  get_stderr: { rule: 'reader', allowed: 200, job: 'finished' },
  list_nodes: { rule: 'reader', allowed: 200, query: '?detail=true' },
  get_node: { rule: 'reader', allowed: 200 },
  follow_organization: { rule: 'reader', allowed: 200 },
  follow_job: { rule: 'reader', allowed: 200, job: 'in flight' },
};

const ORG_ID = '0123456789abcdef0123456789abcdef';
const OTHER_ID = 'fedcba9876543210fedcba9876543210';

/** Whoever asks. `groups`: of those with a name that counts; `org`: where the name is known. */
const CALLERS = {
  'no headers': undefined,
  'a wrong signature': { name: 'writer', forged: true },
  'a name that nobody has': { name: 'nobody', org: 'none' },
  "another organization's user": { name: 'stranger', org: 'other' },
  'a user in no group': { name: 'plain' },
  "the node's client": { name: 'web1', type: 'client' },
  'the validator': { name: 'acme-validator', type: 'client' },
  'a reader': { name: 'reader', group: 'pushy_job_readers' },
  'a writer': { name: 'writer', group: 'pushy_job_writers' },
  'an admin': { name: 'admin', group: 'admins' },
} as const satisfies Record<string, Caller | undefined>;
type CallerName = keyof typeof CALLERS;

interface Caller {
  name: string;
  forged?: true;
  org?: 'none' | 'other';
  type?: 'client';
  group?: string;
}
const callers = Object.entries(CALLERS) as [CallerName, Caller | undefined][];
const keys = new Map(callers.map(([, caller]) => [caller?.name ?? '', newKeyPair()]));
const forger = newKeyPair();

/** REFERENCE 3, 4.3 and 6 in one function: the status that a route must answer. */
function statusFor(row: Row, who: CallerName, withGroups: boolean, atChef: boolean): number {
  if (row.rule === 'everybody') return row.allowed;
  switch (who) {
    case 'no headers':
      return 400;
    case 'a wrong signature':
    case 'a name that nobody has':
      return 401;
    case "another organization's user":
      return atChef ? 403 : 401;
    case "the node's client":
    case 'the validator':
      if (row.rule === 'node') return who === 'the validator' ? 403 : row.allowed;
      break;
    case 'a user in no group':
    case 'a reader':
    case 'a writer':
    case 'an admin':
      break;
  }
  const may =
    row.rule === 'writer'
      ? who === (withGroups ? 'a writer' : 'an admin')
      : !withGroups || who === 'a reader';
  return may ? row.allowed : 403;
}

interface World {
  rooms: ApiRooms;
  setGroups(withGroups: boolean): Promise<void>;
  close(): Promise<void>;
}

const GROUPS = ['admins', 'pushy_job_readers', 'pushy_job_writers'];
const membersOf = (group: string): string[] =>
  callers.flatMap(([, caller]) => (caller?.group === group ? [caller.name] : []));

async function openDb(dir: string): Promise<Db> {
  const db = await openEmbedded(join(dir, 'db'));
  await migrate(db);
  return db;
}

async function openStandalone(): Promise<World> {
  const [dir, removeDir] = await makeTempDir();
  const db = await openDb(dir);
  await addOrganization(db, { name: 'acme', guid: ORG_ID });
  await addOrganization(db, { name: 'other', guid: OTHER_ID });
  for (const [, caller] of callers) {
    if (caller === undefined || caller.org === 'none' || caller.forged) continue;
    await addPrincipal(db, {
      orgId: caller.org === 'other' ? OTHER_ID : ORG_ID,
      name: caller.name,
      type: caller.type ?? 'user',
      publicKey: keys.get(caller.name)!.publicKey,
    });
  }
  const rooms = await openApiRooms(db, await testConfig(dir, SETTINGS), ORG_ID);
  return {
    rooms,
    async setGroups(withGroups) {
      await db.script('delete from directory_groups');
      for (const group of withGroups ? GROUPS : ['admins']) {
        await addGroup(db, { orgId: ORG_ID, name: group });
        for (const name of membersOf(group)) {
          await addGroupMember(db, { orgId: ORG_ID, group, name, type: 'user' });
        }
      }
    },
    async close() {
      await rooms.close();
      await db.close();
      await removeDir();
    },
  };
}

async function openAtChef(): Promise<World> {
  const [dir, removeDir] = await makeTempDir();
  const db = await openDb(dir);
  const chef: FakeChef = await startFakeChef();
  const page = (path: string, json: unknown, status = 200): void => {
    chef.pages.set(`/organizations/acme${path}`, { status, json });
  };
  page('', { name: 'acme', guid: ORG_ID });
  page('/nodes', { web1: `${chef.url}/organizations/acme/nodes/web1` });
  page(
    '/principals/nobody',
    { not_found: 'principal', error: 'Cannot find principal nobody' },
    404,
  );
  for (const [, caller] of callers) {
    if (caller === undefined || caller.org === 'none' || caller.forged) continue;
    const { name, type = 'user', org } = caller;
    const public_key = keys.get(name)!.publicKey;
    const principal = { name, type, public_key, authz_id: 'b'.repeat(32), org_member: !org };
    page(`/principals/${name}`, { principals: [principal] });
  }
  await writeFile(join(dir, 'pivotal.pem'), chef.superuser.privateKey);
  const config = await testConfig(dir, {
    ...SETTINGS,
    PUSHY_CHEF_SERVER_URL: chef.url,
    PUSHY_CHEF_SUPERUSER_KEY: join(dir, 'pivotal.pem'),
  });
  const rooms = await openApiRooms(db, config, ORG_ID);
  return {
    rooms,
    setGroups(withGroups) {
      for (const group of GROUPS) {
        if (withGroups || group === 'admins') {
          page(`/groups/${group}`, { users: membersOf(group), clients: [], groups: [] });
        } else chef.pages.delete(`/organizations/acme/groups/${group}`);
      }
      return Promise.resolve();
    },
    async close() {
      await rooms.close();
      await db.close();
      await chef.close();
      await removeDir();
    },
  };
}

/** Nothing happens by itself while the test looks: no node grows silent, no vote ends. */
const SETTINGS = { PUSHY_HEARTBEAT_INTERVAL: '3600000', PUSHY_VOTING_TIMEOUT: '3600' };

/** The status of a request; the body of a feed would never end. */
function statusOf(
  port: number,
  what: { method: string; path: string; body: string },
  caller: Caller | undefined,
): Promise<number> {
  const { method, path, body } = what;
  const signed =
    caller === undefined
      ? {}
      : signRequest(
          { method, path, body },
          {
            userId: caller.name,
            key: (caller.forged ? forger : keys.get(caller.name)!).privateKey,
          },
          Date.now(),
        );
  const headers = { ...signed, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (res) => {
      resolve(res.statusCode ?? 0);
      res.on('error', () => undefined);
      res.destroy();
    });
    req.on('error', reject);
    req.end(body);
  });
}

for (const [where, open] of [
  ['our own tables', openStandalone],
  ['a Chef server', openAtChef],
] as const) {
  describe(`who may do what, by ${where} (REFERENCE 6)`, function () {
    this.timeout(30_000);
    let world: World;
    before(async function () {
      this.timeout(60_000);
      world = await open();
    });
    after(() => world.close());

    it('knows every route, and no other', () => {
      assert.deepEqual(ROUTES.map(({ name }) => name).sort(), Object.keys(ROWS).sort());
    });

    for (const withGroups of [false, true]) {
      for (const spec of ROUTES) {
        it(`${spec.name} ${withGroups ? 'with' : 'without'} the groups of readers and writers`, async () => {
          const row = ROWS[spec.name];
          assert.ok(row, 'the route has no row');
          const { rooms } = world;
          const { port } = rooms.app.server.address() as AddressInfo;
          await world.setGroups(withGroups);
          let id: string | undefined;
          for (const [who, caller] of callers) {
            id ??=
              row.job === undefined
                ? ''
                : await (row.job === 'finished' ? rooms.finishedJob() : rooms.jobInFlight());
            const path =
              spec.path.replace(':org', 'acme').replace(':id', id).replace(':node', 'web1') +
              (row.query ?? '');
            const before = { rows: await rooms.rows(), sent: rooms.sent.length };
            const admitted = rooms.admitted.length;
            const what = { method: spec.method, path, body: row.body ?? '' };
            const status = await statusOf(port, what, caller);
            assert.equal(status, statusFor(row, who, withGroups, where === 'a Chef server'), who);
            if (status !== row.allowed) {
              // A refusal leaves no row, no frame and no ZAP admission.
              const after = { rows: await rooms.rows(), sent: rooms.sent.length };
              assert.deepEqual(after, before, `${who} left something`);
              assert.equal(rooms.admitted.length, admitted, `${who} may connect`);
            } else if (row.rule === 'writer') {
              assert.notEqual(await rooms.rows(), before.rows, `${who} did nothing`);
              await rooms.settled();
              id = undefined;
            }
          }
        });
      }
    }

    it('S1 lets nobody connect but who was granted a configuration; frames went out for jobs alone', () => {
      const { admitted, sent } = world.rooms;
      assert.deepEqual([...new Set(admitted.map(({ requester }) => requester.name))].sort(), [
        'admin',
        'plain',
        'reader',
        'web1',
        'writer',
      ]);
      assert.ok(sent.includes('commit') && sent.includes('abort'));
    });
  });
}
