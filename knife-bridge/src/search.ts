import type { Api } from './api.ts';
import { CliError, RefusedError } from './errors.ts';
import { isRecord } from './job-view.ts';

/** Rows in one answer; Chef servers give no more. */
const PAGE = 1000;

/** Names of the nodes that a query finds, all pages of them, by partial search. */
export async function searchNodes(api: Pick<Api, 'post'>, query: string): Promise<string[]> {
  const rows: unknown[] = [];
  for (;;) {
    const page = await askPage(api, query, rows.length);
    rows.push(...page.rows);
    // A server that claims more than it shows must not keep us here.
    if (page.rows.length === 0 || rows.length >= page.total) break;
  }
  return rows.map(nameOf).filter((name) => name !== undefined);
}

async function askPage(
  api: Pick<Api, 'post'>,
  query: string,
  start: number,
): Promise<{ rows: unknown[]; total: number }> {
  const path = `search/node?q=${encodeURIComponent(query)}&start=${start}&rows=${PAGE}`;
  let answer: unknown;
  try {
    answer = await api.post(path, { name: ['name'] });
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    if (error.status === 404) {
      throw new RefusedError(404, error.said, error.message, [
        ...error.advice,
        'This server has no node search: a push server without a Chef server knows names only. Name the nodes.',
      ]);
    }
    if (error.status !== 400) throw error;
    throw new CliError('argument', `search failed: ${error.said}`, {
      advice: [`The query was: ${query}`],
      cause: error,
    });
  }
  const rows: unknown = isRecord(answer) ? answer['rows'] : undefined;
  if (!isRecord(answer) || !Array.isArray(rows)) {
    throw new CliError('answer', `${path} answered something that is not a search result`);
  }
  const total = typeof answer['total'] === 'number' ? answer['total'] : 0;
  return { rows, total };
}

/** Deleted nodes that the index still knows come as null. */
function nameOf(row: unknown): string | undefined {
  const data = isRecord(row) ? row['data'] : undefined;
  const name = isRecord(data) ? data['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}
