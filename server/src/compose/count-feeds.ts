import type { Metrics } from '../metrics.ts';

interface Reader {
  close(): void;
}

interface Feeds<R extends Reader> {
  openJob(orgId: string, jobId: string, lastEventId?: string): R | undefined;
  openOrg(orgId: string, lastEventId?: string): R;
  isOpen(): boolean;
}

/** The feeds, with their readers counted. */
export function countFeeds<R extends Reader>(
  feeds: Feeds<R>,
  metrics: Pick<Metrics, 'feedOpened' | 'feedClosed'>,
): Feeds<R> {
  function counted(reader: R): R {
    metrics.feedOpened();
    let open = true;
    return {
      ...reader,
      close: () => {
        if (open) metrics.feedClosed();
        open = false;
        reader.close();
      },
    };
  }
  return {
    openJob: (...where) => {
      const reader = feeds.openJob(...where);
      return reader === undefined ? undefined : counted(reader);
    },
    openOrg: (...where) => counted(feeds.openOrg(...where)),
    isOpen: () => feeds.isOpen(),
  };
}
