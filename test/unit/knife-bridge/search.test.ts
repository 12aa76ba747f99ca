import assert from 'node:assert/strict';
import { searchNodes } from '../../../knife-bridge/src/search.ts';

function server(answer: (start: number) => unknown) {
  const asked: string[] = [];
  return {
    asked,
    post(path: string, body: unknown): Promise<unknown> {
      assert.deepEqual(body, { name: ['name'] });
      asked.push(path);
      return Promise.resolve(answer(Number(new URL(path, 'http://x').searchParams.get('start'))));
    },
  };
}
const row = (name: string) => ({ url: `http://x/nodes/${name}`, data: { name } });

describe('searchNodes', () => {
  it('reads every page', async () => {
    const names = Array.from({ length: 2_500 }, (_, i) => `n${i}`);
    const api = server((start) => ({
      total: names.length,
      start,
      rows: names.slice(start, start + 1000).map(row),
    }));
    assert.deepEqual(await searchNodes(api, 'name:n*'), names);
    assert.deepEqual(
      api.asked.map((path) => /start=(\d+)/.exec(path)?.[1]),
      ['0', '1000', '2000'],
    );
  });

  it('escapes the query once, where knife-push does it twice', async () => {
    const api = server(() => ({ total: 0, rows: [] }));
    assert.deepEqual(await searchNodes(api, 'role:a AND tags:"b+c&d"'), []);
    const query = new URL(api.asked[0]!, 'http://x').searchParams.get('q');
    assert.equal(query, 'role:a AND tags:"b+c&d"');
  });

  it('leaves out rows of nodes that are gone, and counts them for the next page', async () => {
    const api = server((start) =>
      start === 0 ? { total: 3, rows: [row('a'), null] } : { total: 3, rows: [row('c')] },
    );
    assert.deepEqual(await searchNodes(api, 'q'), ['a', 'c']);
    assert.match(api.asked[1]!, /start=2/);
  });

  it('ends at an empty page, whatever the server claims', async () => {
    const api = server(() => ({ total: 10, rows: [] }));
    assert.deepEqual(await searchNodes(api, 'q'), []);
  });

  it('refuses an answer that is no search result', async () => {
    for (const answer of ['x', null, {}, { rows: 'x' }]) {
      await assert.rejects(
        searchNodes(
          server(() => answer),
          'q',
        ),
        /not a search result/,
      );
    }
  });

  it('passes on trouble that is not about the query', async () => {
    const api = { post: () => Promise.reject(new Error('boom')) };
    await assert.rejects(searchNodes(api, 'q'), /boom/);
  });
});
