import { connect } from 'node:net';

/** One number by its whole name, `pushy_jobs_total.complete`. */
export interface Sample {
  name: string;
  value: number;
}

interface GraphiteDeps {
  host: string;
  port: number;
  /** In front of every name: which server it is. */
  prefix: string;
  samples: () => Promise<Sample[]>;
  clock: {
    now(): number;
    after(ms: number, action: () => void): () => void;
    every(ms: number, action: () => void): () => void;
  };
  log: Record<'info' | 'warn', (fields: object, message: string) => void>;
}

/** Milliseconds between two reports, and for one of them. */
const INTERVAL = 10_000;
const DEADLINE = 5_000;

/** Reports all numbers to a Graphite server, in its plaintext protocol, as the original did (ADDON B.4). */
export function startGraphite(deps: GraphiteDeps): { stop(): Promise<void> } {
  const { host, port, prefix, samples, clock, log } = deps;
  let report: Promise<void> | undefined;
  let failing = false;
  const stopping = new AbortController();

  async function run(): Promise<void> {
    const at = Math.floor(clock.now() / 1000);
    const numbers = await samples();
    await send(numbers.map(({ name, value }) => `${prefix}.${name} ${value} ${at}\n`).join(''));
    if (failing) log.info({ host, port }, 'Graphite takes the numbers again');
    failing = false;
  }

  function send(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, signal: stopping.signal });
      const cancel = clock.after(DEADLINE, () => {
        socket.destroy(new Error(`Graphite did not take the numbers within ${DEADLINE} ms`));
      });
      socket.on('error', reject);
      socket.on('close', () => {
        cancel();
        resolve();
      });
      socket.resume();
      socket.end(text);
    });
  }

  /** Never two at a time. */
  function begin(): void {
    report ??= run()
      .catch((error: unknown) => {
        if (!failing && !stopping.signal.aborted) {
          log.warn({ err: error, host, port }, 'numbers could not be sent to Graphite');
        }
        failing = true;
      })
      .finally(() => {
        report = undefined;
      });
  }

  begin();
  const cancel = clock.every(INTERVAL, begin);

  return {
    async stop() {
      cancel();
      stopping.abort();
      await report;
    },
  };
}

/** As a name in Graphite, where a dot begins a new level: `push.example.com` -> `push_example_com`. */
export function graphiteName(text: string): string {
  return text.replace(/[^\w-]+/g, '_').replace(/^_+|_+$/g, '');
}
