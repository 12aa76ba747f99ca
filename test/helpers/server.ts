import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { makeServer, readConfig, systemClock, type Config, type Listening } from '@pushy/server';
import { makeLog, type LogLine } from './logs.ts';

/** A whole server in this process, on ports of the kernel's. */
export interface TestServer extends Listening {
  config: Config;
  lines: LogLine[];
  stop(): Promise<void>;
}

/** The configuration of a server with its data under `dir`. */
export async function testConfig(dir: string, more: Record<string, string> = {}): Promise<Config> {
  const env = {
    PUSHY_DIR: join(dir, 'data'),
    PUSHY_API_PORT: '0',
    PUSHY_COMMAND_PORT: '0',
    PUSHY_SERVER_HEARTBEAT_PORT: '0',
    PUSHY_METRICS_PORT: '0',
    PUSHY_ZEROMQ_LISTEN_ADDRESS: 'tcp://127.0.0.1',
    PUSHY_SERVER_NAME: '127.0.0.1',
    PUSHY_HEARTBEAT_INTERVAL: '200',
    ...more,
  };
  return (await readConfig({ env })).config;
}

/** Starts it. */
export async function startServer(config: Config): Promise<TestServer> {
  const log = makeLog();
  const server = makeServer(config, {
    clock: systemClock,
    log,
    random: { bytes: (count) => randomBytes(count), fraction: () => Math.random() },
  });
  const listening = await server.start();
  return { ...listening, config, lines: log.lines, stop: () => server.stop() };
}
