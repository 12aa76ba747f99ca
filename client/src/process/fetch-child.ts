/** The program of the child process that fetches (see fetch.ts). */
import { messageOf } from '../errors.ts';
import { httpGet } from '../http/http-get.ts';
import type { FetchReply, FetchRequest } from './fetch.ts';

process.on('message', (request) => {
  void answer(request as FetchRequest);
});
// Whoever asked is gone: nobody gives up by ending this process any more.
process.once('disconnect', () => process.exit());

async function answer({ id, url, ...request }: FetchRequest): Promise<void> {
  // Whoever asks gives up by ending this process.
  const { signal } = new AbortController();
  try {
    reply({ id, ok: true, answer: await httpGet({ url: new URL(url), ...request, signal }) });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    reply({ id, ok: false, message: messageOf(error), code });
  }
}

function reply(message: FetchReply): void {
  process.send?.(message);
}
