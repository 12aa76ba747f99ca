import { randomBytes } from 'node:crypto';
import closeWithGrace from 'close-with-grace';
import { Command } from 'commander';
import { systemClock } from './clock.ts';
import { DEFAULT_CONFIG_FILE, readConfig } from './config.ts';
import { makeLog } from './log.ts';
import { makeServer } from './server.ts';

/** Milliseconds for a graceful end; then the process ends anyway. */
const GRACE = 20_000;

const program = new Command('pushy-server')
  .description('The Push Jobs server. Settings: docs/settings.md.')
  .option('-c, --config <file>', `configuration file (default: ${DEFAULT_CONFIG_FILE})`)
  .parse();

try {
  const { config: file } = program.opts<{ config?: string }>();
  const { config, warnings } = await readConfig({
    env: process.env,
    ...(file === undefined ? {} : { file }),
  });
  const log = makeLog(config.logLevel);
  for (const warning of warnings) log.warn({ warning }, 'a setting needs a look');
  const server = makeServer(config, {
    clock: systemClock,
    log,
    random: {
      bytes: (count) => randomBytes(count),
      fraction: () => randomBytes(4).readUInt32BE() / 2 ** 32,
    },
  });
  const grace = closeWithGrace({ delay: GRACE, logger: false }, async ({ signal, err }) => {
    if (err === undefined) log.info({ signal }, 'server stops');
    else log.error({ err }, 'server stops because of a bug');
    await server.stop();
    log.info({}, 'server stopped');
  });
  const listening = await server.start().catch((error: unknown) => {
    // The server has cleaned up; without this the process would end as if it had been asked to.
    grace.uninstall();
    throw error;
  });
  log.info(
    {
      api_port: listening.apiPort,
      command_port: listening.commandPort,
      server_heartbeat_port: listening.serverHeartbeatPort,
      incarnation_id: listening.incarnationId,
      directory: config.chefServerUrl ?? 'standalone',
      database: config.databaseUrl === undefined ? 'embedded' : 'PostgreSQL',
    },
    'server ready',
  );
} catch (error) {
  // One line for a person; the cause is the last resort of whoever has to look deeper.
  process.stderr.write(`pushy-server: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
