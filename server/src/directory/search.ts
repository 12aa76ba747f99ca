import { MAX_JOB_NODES } from '@pushy/protocol';
import { ServerError } from '../errors.ts';
import { failure, isFields, type Fields } from './answers.ts';
import { path, type ChefApi } from './chef-api.ts';
import type { Found } from './directory.ts';

/** Rows in one answer; Chef servers give no more. */
const PAGE = 1000;
/** Milliseconds for all pages together; each call has a deadline of its own. */
const DEADLINE = 30_000;

export interface SearchDeps {
  api: Pick<ChefApi, 'post'>;
  clock: { now(): number };
}

/** Names of the nodes that a query finds, all pages of them; `prefix` stands in front of `/search`. */
export async function searchNodes(
  { api, clock }: SearchDeps,
  prefix: readonly string[],
  query: string,
): Promise<Found> {
  const until = clock.now() + DEADLINE;
  const names = new Set<string>();
  for (let start = 0; ;) {
    const page = `q=${encodeURIComponent(query)}&start=${start}&rows=${PAGE}`;
    const target = `${path(...prefix, 'search', 'node')}?${page}`;
    const answer = await api.post(target, { name: ['name'] });
    if (answer.status === 400) return { ok: false, reason: reasonIn(answer.body) };
    const { body } = answer;
    const rows: unknown = isFields(body) ? body['rows'] : undefined;
    if (answer.status !== 200 || !isFields(body) || !Array.isArray(rows)) {
      throw failure(answer, 'a search for nodes');
    }
    for (const name of rows.map(nameOf)) if (name !== undefined) names.add(name);
    start += rows.length;
    // A server that claims more than it shows must not keep us here.
    const total = typeof body['total'] === 'number' ? body['total'] : 0;
    if (rows.length === 0 || start >= total) return { ok: true, nodes: [...names] };
    if (total > MAX_JOB_NODES) {
      return { ok: false, reason: `it finds ${total} nodes, and ${MAX_JOB_NODES} is the most` };
    }
    if (clock.now() >= until) {
      const seconds = DEADLINE / 1000;
      throw new ServerError('directory_unreachable', `a search needs more than ${seconds} s`);
    }
  }
}

/** Deleted nodes that the index still knows come as null. */
function nameOf(row: unknown): string | undefined {
  const data: unknown = isFields(row) ? row['data'] : undefined;
  const name: unknown = isFields(data) ? data['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** What the Chef server says of a query that it cannot read. */
function reasonIn(body: unknown): string {
  const error = (body as Fields | undefined)?.['error'];
  const texts: unknown[] = Array.isArray(error) ? error : [error];
  const said = texts.filter((text) => typeof text === 'string').join('; ');
  return said === '' ? 'the Chef server cannot read the query' : said;
}
