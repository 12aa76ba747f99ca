import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuse, type Judged } from './answer.ts';
import { outside } from './answering.ts';
import { readBody } from './body.ts';

/** Reads bodies while others are answered: one that comes slowly, or never, takes nobody's place. */
export type BodyReader = (request: FastifyRequest, reply: FastifyReply) => Promise<Judged<Buffer>>;

/** Bodies that are on their way at the same time; of more than that the one that began first is cut off. */
const MAX_COMING = 128;
/** Bytes of bodies that are here and wait for their place. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

const AGAIN = { 'retry-after': '1' };

/** `limit`: bytes of one body. `refused` hears of each that is not waited for. */
export function makeBodyReader(limit: number, refused: () => void): BodyReader {
  /** How to cut the bodies that are on their way, the oldest first. */
  const coming = new Set<() => void>();
  let waitingBytes = 0;

  async function receive({ raw, method }: FastifyRequest): Promise<Judged<Buffer>> {
    let end = (): void => undefined;
    const cut = new Promise<'cut'>((resolve) => {
      end = () => {
        resolve('cut');
      };
    });
    const [oldest] = coming;
    if (coming.size >= MAX_COMING) oldest?.();
    coming.add(end);
    try {
      return (await readBody(raw, limit, method, cut)) ?? refusal(tooSlow());
    } finally {
      coming.delete(end);
    }
  }

  function refusal(judged: Judged<never>): Judged<never> {
    refused();
    return judged;
  }

  return async (request, reply) => {
    if (!hasBody(request)) return { ok: true, value: Buffer.alloc(0) };
    let body: Judged<Buffer> = busy();
    let bytes = 0;
    const hasPlace = await outside(reply, async () => {
      body = await receive(request);
      bytes = body.ok ? body.value.length : 0;
      if (waitingBytes + bytes > MAX_WAITING_BYTES) [body, bytes] = [refusal(busy()), 0];
      waitingBytes += bytes;
    }).finally(() => {
      waitingBytes -= bytes;
    });
    return hasPlace || !body.ok ? body : busy();
  };
}

function hasBody({ headers }: FastifyRequest): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  return encoding !== undefined || (length !== undefined && Number(length) > 0);
}

function busy(): Judged<never> {
  return refuse(503, 'The server is busy. Try again.', AGAIN);
}

/** What is left of such a body is not waited for: the connection ends. */
function tooSlow(): Judged<never> {
  return refuse(503, 'The server is busy: the body of this request came too slowly.', {
    ...AGAIN,
    connection: 'close',
  });
}
