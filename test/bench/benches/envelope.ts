import { createHmac, randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { formatHttpDate, open, seal } from '@pushy/protocol';
import { figure, type Figure } from '../figure.ts';

/** Sealing and opening one heartbeat, against a bare loop of one HMAC and one JSON pass each. */
export function envelope(quick: boolean): Figure[] {
  const rounds = quick ? 20_000 : 200_000;
  const key = randomBytes(32);
  const now = Date.UTC(2026, 0, 1);
  const body = {
    node: 'web1.example.com',
    client: 'web1',
    protocol_version: '2.0',
    org: 'acme',
    type: 'heartbeat',
    sequence: 1,
    timestamp: formatHttpDate(now),
    incarnation_id: 'c0ffee00-0000-4000-8000-000000000000',
    job_state: 'idle',
    job_id: null,
  };
  const text = JSON.stringify(body);
  const frames = seal(body, { hmac_sha256: key });
  const opened = open(frames, { hmac_sha256: key }, now);
  if (!opened.ok) throw new Error(`the bench's own message is refused: ${opened.reason}`);

  const sealing = best(rounds, () => seal(body, { hmac_sha256: key }));
  const bareSealing = best(rounds, () => {
    createHmac('sha256', key).update(JSON.stringify(body)).digest('base64');
  });
  const opening = best(rounds, () => open(frames, { hmac_sha256: key }, now));
  const bareOpening = best(rounds, () => {
    createHmac('sha256', key).update(text).digest();
    JSON.parse(text);
  });
  const row = { bench: 'envelope', nodes: 0, unit: 'µs' };
  return [
    figure({ ...row, figure: 'seal a heartbeat', value: sealing }, bareSealing, 3),
    figure({ ...row, figure: 'open a heartbeat', value: opening }, bareOpening, 3),
  ];
}

/** Microseconds a call, of the best of five passes: the machine is shared, the best pass is the least disturbed. */
function best(rounds: number, action: () => unknown): number {
  let least = Infinity;
  for (let pass = 0; pass < 5; pass++) {
    const start = performance.now();
    for (let i = 0; i < rounds; i++) action();
    least = Math.min(least, (performance.now() - start) / rounds);
  }
  return least * 1000;
}
