import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** How the way to a server is looked at, apart from the sockets, which say nothing of it. */
export interface Probe {
  /** An address of a name. */
  lookUp(host: string): Promise<string>;
  /** Resolves when a TCP connection stood. */
  connect(host: string, port: number, signal: AbortSignal): Promise<void>;
}

/** Says why nothing is heard of the server: once, and again when it is something else or goes on for long. */
export interface Outage {
  /** These are its addresses. */
  use(heartbeat: { readonly out_addr: string; readonly command_addr: string }): void;
  /** No heartbeat of it comes. */
  silent(): void;
  /** Its host answers on one of the sockets. */
  reached(): void;
  /** A heartbeat has come. */
  heard(): void;
}

/** What it needs. */
export interface OutageDeps {
  readonly clock: Pick<Clock, 'elapsed' | 'after'>;
  readonly log: Pick<Log, 'warn' | 'debug'>;
  readonly probe: Probe;
  /** The end of the agent. */
  readonly signal: AbortSignal;
}

/** Milliseconds for a name, and for a connection. */
const DEADLINE_MS = 5000;
/** Milliseconds between two looks at least. */
const PAUSE_MS = 10_000;
/** Milliseconds after which the same is said again. */
const REMINDER_MS = 300_000;
const ADVICE = 'pushy-client doctor looks at every step';

/** Makes it. */
export function makeOutage({ clock, log, probe, signal: end }: OutageDeps): Outage {
  let addresses: readonly string[] = [];
  let [lookedAt, reachedAt, saidAt] = [-Infinity, -Infinity, -Infinity];
  let said: string | undefined;
  /** Outages so far: what is found out about one that is over is not said. */
  let round = 0;

  async function look(): Promise<void> {
    const mine = round;
    const found: string[] = [];
    for (const address of addresses) found.push(await examine(address));
    if (mine !== round || end.aborted) return;
    const why = [...new Set(found)].join('; ');
    const now = clock.elapsed();
    if (why === said && now - saidAt < REMINDER_MS) return;
    [said, saidAt] = [why, now];
    log.warn({ why, advice: ADVICE }, 'the Push Jobs server is not heard');
  }

  async function examine(address: string): Promise<string> {
    const { hostname: host, port } = new URL(address);
    try {
      await inTime(() => probe.lookUp(host));
    } catch (error) {
      return `the name ${host} cannot be resolved (${reasonOf(error)})`;
    }
    try {
      await inTime((signal) => probe.connect(host, Number(port), signal));
      return `${host}:${port} takes connections, and is silent`;
    } catch (error) {
      return `${host}:${port}: ${WORDS[reasonOf(error)] ?? reasonOf(error)}`;
    }
  }

  async function inTime<T>(act: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    let giveUp = (): void => undefined;
    const expired = new Promise<never>((_resolve, reject) => {
      giveUp = () => {
        reject(new Error(SILENT));
        late.abort();
      };
    });
    const cancel = clock.after(DEADLINE_MS, giveUp);
    end.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([act(late.signal), expired]);
    } finally {
      cancel();
      end.removeEventListener('abort', giveUp);
    }
  }

  return {
    use: (heartbeat) => {
      addresses = [heartbeat.out_addr, heartbeat.command_addr];
    },
    silent: () => {
      const now = clock.elapsed();
      // A server that is there and busy with all its nodes has enough connections.
      if (now - Math.max(lookedAt, reachedAt) < PAUSE_MS) return;
      lookedAt = now;
      look().catch((error: unknown) => {
        log.debug({ error: messageOf(error) }, 'the way to the server was not looked at');
      });
    },
    reached: () => {
      reachedAt = clock.elapsed();
    },
    heard: () => {
      round += 1;
      said = undefined;
      [lookedAt, saidAt] = [-Infinity, -Infinity];
    },
  };
}

const SILENT = `no answer within ${DEADLINE_MS / 1000} s`;

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: nothing listens there',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
};

/** The system's code, where there is one. */
function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : messageOf(error);
}
