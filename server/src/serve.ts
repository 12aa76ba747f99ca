import { randomBytes } from 'node:crypto';
import closeWithGrace from 'close-with-grace';
import { systemClock } from './clock.ts';
import type { Config, ReadConfig } from './config.ts';
import { openLogFile, type LogFile } from './log-file.ts';
import { makeLog } from './log.ts';
import { keepOutOfDumps } from './memory-dumps.ts';
import type { Process } from './program.ts';
import { makeServer } from './server.ts';

/** Milliseconds for a graceful end; then the process ends anyway. */
const GRACE = 20_000;
/** Of the kernel or of a library that gives up: a listener would never be called, and the process would go round for ever. */
const FAULTS = ['SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGTRAP', 'SIGABRT'] as const;

/** Starts a server and looks after it until the process is told to end. */
export async function serve({ config, warnings }: ReadConfig, self: Process): Promise<void> {
  const logFile = await openLog(config, self);
  const log = makeLog(config.logLevel, logFile);
  for (const warning of warnings) log.warn({ warning }, 'a setting needs a look');
  const hidden = await keepOutOfDumps();
  if (!hidden.ok) {
    log.warn({ err: hidden.cause }, 'a core dump would hold secrets: forbid it (ulimit -c 0)');
  }
  const server = makeServer(config, {
    clock: systemClock,
    log,
    random: {
      bytes: (count) => randomBytes(count),
      fraction: () => randomBytes(4).readUInt32BE() / 2 ** 32,
    },
  });
  const grace = closeWithGrace(
    { delay: GRACE, logger: false, skip: ['SIGHUP', ...FAULTS] },
    async ({ signal, err }) => {
      if (err === undefined) log.info({ signal }, 'server stops');
      else log.error({ err }, 'server stops because of a bug');
      if (err === undefined) await server.drain();
      await server.stop();
      log.info({}, 'server stopped');
      await logFile?.close();
    },
  );
  self.signalsTaken(() => {
    logFile?.reopen();
    log.info({}, 'the log was opened again');
    server.reload().catch((error: unknown) => {
      log.error({ err: error }, 'what may be renewed could not be read again');
    });
  });
  const listening = await server.start().catch(async (error: unknown) => {
    // The server has cleaned up; without this the process would end as if it had been asked to.
    grace.uninstall();
    await logFile?.close();
    throw error;
  });
  log.info(
    {
      api_port: listening.apiPort,
      command_port: listening.commandPort,
      server_heartbeat_port: listening.serverHeartbeatPort,
      metrics_port: listening.metricsPort ?? 'off',
      tls_port: listening.tlsPort ?? 'off',
      incarnation_id: listening.incarnationId,
      directory: config.chefServerUrl ?? 'standalone',
      database: config.databaseUrl === undefined ? 'embedded' : 'PostgreSQL',
    },
    'server ready',
  );
}

/** A file with rotation where the settings name a directory; undefined: standard output. */
async function openLog(config: Config, self: Process): Promise<LogFile | undefined> {
  const { logDirectory: directory } = config;
  if (directory === undefined) return undefined;
  const { logRotationFileMaxbytes: maxBytes, logRotationNumToKeep: keep } = config;
  return openLogFile({ directory, maxBytes, keep }, systemClock, (text) => {
    self.err(`${text}\n`);
  });
}
