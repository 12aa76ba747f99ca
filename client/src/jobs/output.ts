/** What a stream kept of a run (see process/capture.ts). */
interface Kept {
  readonly head: Buffer;
  readonly tail: Buffer;
  readonly lost: number;
}

/** Bytes that a text takes as a JSON string in a message, without its quotes (A7: limits count the encoded size). */
export function encodedSize(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

/**
 * Both streams as texts whose encoded size is at most `limit` bytes together. A stream that is too long keeps head
 * and tail, with a line between them that says what was cut (A7, A8); the shorter stream is cut last.
 */
export function fitOutput(
  streams: { readonly stdout: Kept; readonly stderr: Kept },
  limit: number,
): { stdout: string; stderr: string } {
  const sizes = { stdout: wholeSize(streams.stdout), stderr: wholeSize(streams.stderr) };
  const half = Math.floor(limit / 2);
  const [small, large] =
    sizes.stdout <= sizes.stderr
      ? (['stdout', 'stderr'] as const)
      : (['stderr', 'stdout'] as const);
  const first = fit(streams[small], sizes[large] <= half ? limit - sizes[large] : half, limit);
  const second = fit(streams[large], limit - encodedSize(first), limit);
  return small === 'stdout' ? { stdout: first, stderr: second } : { stdout: second, stderr: first };
}

/** Whether both streams are more than `limit` bytes together, so that something is left out. */
export function exceeds(
  streams: { readonly stdout: Kept; readonly stderr: Kept },
  limit: number,
): boolean {
  return wholeSize(streams.stdout) + wholeSize(streams.stderr) > limit;
}

function wholeSize(kept: Kept): number {
  if (kept.lost > 0) return Infinity;
  return encodedSize(text(kept.head, kept.tail));
}

function fit(kept: Kept, budget: number, limit: number): string {
  const { head, tail, lost } = kept;
  if (lost === 0) {
    const whole = text(head, tail);
    if (encodedSize(whole) <= budget) return whole;
  }
  const total = head.length + tail.length + lost;
  const room = budget - encodedSize(cutLine(total, limit));
  if (room <= 0) return '';
  // Where the tail is short, the head holds the end as well.
  const all = lost === 0 ? text(head, tail) : undefined;
  const start = takeHead(all ?? head.toString('utf8'), Math.floor(room / 2));
  const end = takeTail(all ?? tail.toString('utf8'), room - encodedSize(start));
  const cut = Math.max(0, total - Buffer.byteLength(start) - Buffer.byteLength(end));
  return `${start}${cutLine(cut, limit)}${end}`;
}

/** Never longer for a smaller count. */
function cutLine(bytes: number, limit: number): string {
  return `\n[${bytes} bytes cut here: a node may send ${limit} bytes of output]\n`;
}

function text(head: Buffer, tail: Buffer): string {
  return (tail.length === 0 ? head : Buffer.concat([head, tail])).toString('utf8');
}

/** The longest beginning whose encoded size is at most `budget`; whole characters only. */
function takeHead(source: string, budget: number): string {
  let low = 0;
  let high = Math.min(source.length, budget);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (encodedSize(source.slice(0, middle)) <= budget) low = middle;
    else high = middle - 1;
  }
  return source.slice(0, splitsPair(source, low) ? low - 1 : low);
}

/** The longest end whose encoded size is at most `budget`; whole characters only. */
function takeTail(source: string, budget: number): string {
  let low = 0;
  let high = Math.min(source.length, budget);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (encodedSize(source.slice(source.length - middle)) <= budget) low = middle;
    else high = middle - 1;
  }
  const from = source.length - low;
  return source.slice(splitsPair(source, from) ? from + 1 : from);
}

function splitsPair(source: string, index: number): boolean {
  const before = source.charCodeAt(index - 1);
  return before >= 0xd800 && before <= 0xdbff && index < source.length;
}
