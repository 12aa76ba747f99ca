import type { Clock } from '../clock.ts';
import { makeDropCounter } from './drop-counter.ts';

/** What libzmq says about the connections of one socket; an iteration ends when that socket is closed. */
export type SocketEvents = AsyncIterable<{ type: string; error?: unknown }>;

/** The connections of one server socket, from the first byte on: those that only hang are among them. */
export interface Connections {
  open: () => number;
  /** True when whoever comes now must be refused. */
  isFull: () => boolean;
  /** Reads without pauses what is left; resolves when the socket is closed. */
  end: () => Promise<void>;
}

/** What the count needs. */
export interface ConnectionsDeps {
  /** `commands` or `heartbeats`: for the log. */
  socket: string;
  events: SocketEvents;
  clock: Pick<Clock, 'after'>;
  log: { warn(fields: object, message: string): void };
  count: (name: string, n?: number) => void;
  /** Connections at most. */
  max: number;
}

/** Events that are read in one go before the rest of the process gets its turn. */
const BATCH = 256;
/**
 * While there are too many connections, or while the kernel refuses them, so many are read and then nothing for
 * `REST` milliseconds. libzmq takes every connection that the kernel has for it, as quickly as it can, and at the
 * limit of descriptors it tries without a pause. But its thread waits for whoever reads these events once 2,000 of
 * them are unread, and goes on when half of them are read. So reading slowly is the brake: a whole core becomes a
 * few per cent, and the other traffic of that thread waits for a quarter of a second at most.
 */
const BRAKED = 20;
const REST = 4;

/** Counts from the socket's first event on. */
export function makeConnections(deps: ConnectionsDeps): Connections {
  const { socket, events, clock, log, count, max } = deps;
  const failed = makeDropCounter(deps, 'connections could not be accepted: out of descriptors');
  const crowded = makeDropCounter(deps, 'more connections than this server takes');
  let open = 0;
  let ending = false;
  let goOn: (() => void) | undefined;
  const reading = read();

  /** True after an event that must not come too often. */
  function note(event: { type: string; error?: unknown }): boolean {
    switch (event.type) {
      case 'accept':
        open += 1;
        count('connections_accepted');
        if (open <= max) return false;
        crowded.count({ socket, open, max });
        return true;
      case 'disconnect':
        open -= 1;
        return false;
      case 'accept:error':
        count('connections_failed');
        failed.count({ socket, open, err: event.error });
        return true;
      default:
        if (event.type.startsWith('handshake:error')) count('handshakes_failed');
        return false;
    }
  }

  async function read(): Promise<void> {
    let unpaused = 0;
    let braked = 0;
    try {
      for await (const event of events) {
        unpaused += 1;
        if (note(event)) braked += 1;
        if (braked < BRAKED && unpaused < BATCH) continue;
        await pause(braked < BRAKED ? 1 : REST);
        unpaused = 0;
        braked = 0;
      }
    } catch (error) {
      log.warn({ err: error, socket }, 'connections are not counted any more');
    }
  }

  async function pause(ms: number): Promise<void> {
    if (ending) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(ms, resolve);
      goOn = () => {
        cancel();
        resolve();
      };
    });
    goOn = undefined;
  }

  return {
    open: () => open,
    isFull: () => open > max,
    async end() {
      ending = true;
      goOn?.();
      await reading;
      failed.stop();
      crowded.stop();
    },
  };
}
