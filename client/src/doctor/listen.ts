import { sleep, type Clock } from '../clock.ts';
import { makeConnection } from '../link/connection.ts';
import type { Link } from '../link.ts';
import type { Session } from '../link/session.ts';
import type { Check } from './report.ts';

type Found = Omit<Check, 'check'>;

/** Milliseconds for the handshake. */
const HANDSHAKE_MS = 10_000;
/** More than three of them without a heartbeat mean that the server is away (REFERENCE 16). */
const INTERVALS = 4;
/** Milliseconds in which the socket connects. */
const SLACK_MS = 1000;

/** Opens the sockets of an agent, says nothing, and hears what comes. */
export async function listen(
  { nodeName, hostName }: { readonly nodeName: string; readonly hostName: string },
  session: Session,
  ports: { readonly clock: Clock; readonly link: () => Link },
): Promise<{ channel: Found; heartbeat: Found }> {
  const { clock } = ports;
  const link = ports.link();
  const connection = makeConnection({
    link,
    now: () => clock.now(),
    log: { warn: () => undefined },
    node: nodeName,
    host: hostName,
    incarnationId: () => '',
    onSendFailure: () => undefined,
  });
  const intervalMs = session.config.push_jobs.heartbeat.interval * 1000;
  let channel: Found | undefined;
  let heartbeat: Found | undefined;
  let dropped: string | undefined;
  const isEncrypted = session.curve !== undefined;
  const enough = new AbortController();
  const done = (): void => {
    if (channel !== undefined && heartbeat !== undefined) enough.abort();
  };
  const waits = [
    sleep(clock, HANDSHAKE_MS, enough.signal).then(() => {
      channel ??= { status: 'failed', cause: 'curve_failed', detail: 'no handshake in time' };
      done();
    }),
    sleep(clock, INTERVALS * intervalMs + SLACK_MS, enough.signal).then(() => {
      heartbeat ??= { status: 'failed', ...unheard(dropped, intervalMs) };
      done();
    }),
  ];

  connection.use(session);
  const began = clock.elapsed();
  for await (const event of link.events(enough.signal)) {
    if (event.kind === 'connected') {
      channel ??= {
        status: 'ok',
        detail: isEncrypted ? 'the handshake succeeds' : 'not encrypted',
      };
    } else if (event.kind === 'refused') {
      channel ??= event.isDenied
        ? { status: 'failed', cause: 'curve_denied', detail: 'refused by the server (ZAP)' }
        : { status: 'failed', cause: 'curve_failed', detail: 'cut in the handshake' };
    } else if (event.kind === 'broadcast') {
      const received = connection.receiveBroadcast(event.frames);
      if (received.ok) {
        const seconds = ((clock.elapsed() - began) / 1000).toFixed(1);
        heartbeat ??= { status: 'ok', detail: `heard after ${seconds} s` };
      } else dropped = received.reason;
    }
    done();
  }
  link.close();
  await Promise.all(waits);
  if (channel === undefined || heartbeat === undefined) throw new Error('both are known by now');
  return { channel, heartbeat };
}

/** Why no heartbeat could be used; `dropped`: what was wrong with the last one that came. */
function unheard(dropped: string | undefined, intervalMs: number): Pick<Check, 'cause' | 'detail'> {
  const none = `none in ${INTERVALS} intervals of ${intervalMs / 1000} s`;
  switch (dropped) {
    case undefined:
      return { cause: 'heartbeat_missing', detail: none };
    case 'bad_signature':
      return { cause: 'heartbeat_foreign', detail: 'the signature is of another key' };
    case 'clock_skew':
      return { cause: 'clock_skew', detail: 'the time of the heartbeats is too far from here' };
    default:
      return { cause: 'heartbeat_missing', detail: `${none} that could be used: ${dropped}` };
  }
}
