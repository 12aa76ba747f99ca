/** What the API provides (REFERENCE 7). */
export type MediaType = 'application/json' | 'application/octet-stream' | 'text/event-stream';

/**
 * True when `Accept` admits `provided`: absent, any of its entries naming the type, its family or everything,
 * with a quality above zero (REFERENCE 7). The most exact entry decides.
 */
export function accepts(header: string | undefined, provided: MediaType): boolean {
  if (header === undefined || header.trim() === '') return true;
  const family = provided.slice(0, provided.indexOf('/'));
  const exactness = ['*', '*/*', `${family}/*`, provided];
  let best = { rank: -1, quality: 0 };
  for (const entry of header.split(',')) {
    const [range = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    const rank = exactness.indexOf(range);
    const quality = qualityOf(parameters);
    if (rank > best.rank || (rank === best.rank && quality > best.quality))
      best = { rank, quality };
  }
  return best.rank >= 0 && best.quality > 0;
}

function qualityOf(parameters: readonly string[]): number {
  const q = parameters.find((p) => p.startsWith('q='));
  if (q === undefined) return 1;
  const value = Number(q.slice(2));
  return Number.isNaN(value) ? 1 : value;
}
