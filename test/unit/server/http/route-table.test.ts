import assert from 'node:assert/strict';
import { ROUTES } from '../../../../server/src/http/route-table.ts';

describe('the table of routes (REFERENCE 2)', () => {
  it('names every route once, and no path and method twice', () => {
    for (const of of [ROUTES.map((r) => r.name), ROUTES.map((r) => `${r.method} ${r.path}`)]) {
      assert.deepEqual(of, [...new Set(of)]);
    }
  });

  it('leaves nothing but the status and the description open to everybody', () => {
    const open = ROUTES.filter((r) => r.access === 'public').map((r) => r.path);
    assert.deepEqual(
      open.filter((path) => path !== '/pushy/openapi.json'),
      ['/pushy/_status'],
    );
  });

  it('lets nobody write but by POST, and nobody read by it', () => {
    for (const route of ROUTES) {
      if (route.access === 'public') continue;
      assert.equal(route.action === 'write', route.method === 'POST', route.name);
      assert.ok(route.path.startsWith('/organizations/:org/pushy/'), route.name);
    }
  });

  it('describes every body of JSON', () => {
    for (const route of ROUTES) {
      assert.equal(route.response !== undefined, route.provides === 'application/json', route.name);
    }
  });
});
