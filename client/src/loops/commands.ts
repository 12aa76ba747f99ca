import type { Received } from '../link/connection.ts';
import type { RunnerEvent } from '../core/runner.ts';
import type { LivenessEvent } from '../core/liveness.ts';
import type { HeartbeatBroadcast } from '@pushy/protocol';
import type { LinkEvent } from '../link.ts';
import type { Log } from '../log.ts';
import { acknowledgedJob, readOrder } from '../link/read-order.ts';

/** What becomes of the connection of the command channel. */
export type ConnectionEvent = Extract<LinkEvent, { kind: 'connected' | 'refused' }>;

/** What the loop reads from and tells. */
export interface CommandsDeps {
  readonly events: (signal: AbortSignal) => AsyncIterable<LinkEvent>;
  readonly connection: {
    receiveCommand(frames: readonly Buffer[]): Received<Record<string, unknown>>;
    receiveBroadcast(frames: readonly Buffer[]): Received<HeartbeatBroadcast>;
  };
  readonly dispatch: (event: RunnerEvent) => void;
  /** The server has the result of this job. */
  readonly acknowledged: (jobId: string) => void;
  /** The server has removed this node: it hears nothing of what is said. */
  readonly removed: () => void;
  readonly note: (event: LivenessEvent) => void;
  /** A connection of the command channel stands, or ended before it did. */
  readonly onConnection: (event: ConnectionEvent) => void;
  readonly log: Pick<Log, 'debug' | 'warn'>;
}

/** Reads both sockets until `signal` is aborted. A frame that is not proven changes nothing. */
export async function runCommands(deps: CommandsDeps, signal: AbortSignal): Promise<void> {
  for await (const event of deps.events(signal)) {
    switch (event.kind) {
      case 'command':
        onCommand(deps, event.frames);
        break;
      case 'broadcast':
        onBroadcast(deps, event.frames);
        break;
      case 'lost':
      case 'reached':
        deps.note(event);
        break;
      case 'connected':
        deps.note({ kind: 'connected' });
        deps.onConnection(event);
        break;
      case 'refused':
        deps.onConnection(event);
    }
  }
}

function onCommand(
  { connection, dispatch, acknowledged, removed, note, log }: CommandsDeps,
  frames: readonly Buffer[],
): void {
  const received = connection.receiveCommand(frames);
  if (!received.ok) {
    log.warn({ reason: received.reason }, 'message of the server dropped');
    return;
  }
  const body = received.value;
  log.debug({ type: body['type'], jobId: body['job_id'] }, 'message received');
  note({ kind: 'heard' });
  const acked = acknowledgedJob(body);
  if (acked !== undefined) acknowledged(acked);
  if (body['type'] === 'removed') removed();
  const order = readOrder(body);
  if (order !== undefined) dispatch(order);
}

function onBroadcast({ connection, note, log }: CommandsDeps, frames: readonly Buffer[]): void {
  const received = connection.receiveBroadcast(frames);
  if (!received.ok) {
    log.warn({ reason: received.reason }, 'broadcast of the server dropped');
    if (received.reason === 'bad_signature') note({ kind: 'foreign' });
    return;
  }
  note({ kind: 'broadcast', incarnationId: received.value.incarnation_id });
}
