import './process/be-lean.ts';
import { hostname } from 'node:os';
import { readFileSync } from 'node:fs';
import { keepNote, readNote } from './agent-note.ts';
import { systemClock } from './clock.ts';
import {
  parseCommandLine,
  type CommandLine,
  type ParsedCommandLine,
} from './config/command-line.ts';
import { configFiles } from './config/file.ts';
import { loadWhitelist } from './config/reread.ts';
import { loadSettings, type AgentSettings, type ConfigSources } from './config.ts';
import { AgentError, messageOf } from './errors.ts';
import { fileStamp } from './config/file-stamp.ts';
import { openLogFile } from './log-file.ts';
import { makeLog, type Log } from './log.ts';
import { POSIX_PATHS, WINDOWS_PATHS } from './paths.ts';
import { beAlone, findAgent } from './process/alone.ts';
import { makeFetcher } from './process/fetch.ts';
import { giveBack } from './process/give-back.ts';
import { findAgents, nodeLockPlace } from './process/node-lock.ts';
import { hostName } from './process/program.ts';
import { readConfigFile } from './process/read-config.ts';
import { signalsOf } from './process/signals.ts';
import { summarize } from './whitelist.ts';

type DoctorCommand = Extract<ParsedCommandLine, { kind: 'doctor' }>;

/** When a start is over and what it took can be given back, milliseconds. */
const STARTED_MS = 8000;

const after = (ms: number, action: () => void): (() => void) => systemClock.after(ms, action);

/** The process: arguments, signals, exit code. */
async function main(): Promise<number> {
  const parsed = parseCommandLine(process.argv.slice(2), version());
  if (parsed.kind === 'exit') {
    (parsed.code === 0 ? process.stdout : process.stderr).write(parsed.text);
    return parsed.code;
  }
  try {
    if (parsed.kind === 'doctor') return await seeDoctor(parsed);
    return await serve(parsed.options);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    process.stderr.write(`pushy-client: ${error.message}\n`);
    return 1;
  }
}

async function serve(options: CommandLine): Promise<number> {
  // Before anything else: Node answers a USR1 that nobody handles with a debugger.
  const end = new AbortController();
  let reconfigure = (): void => undefined;
  let hangUp = (): void => undefined;
  const stop = (signal: NodeJS.Signals): void => {
    process.stdout.write(`pushy-client ends: ${signal}\n`);
    end.abort();
  };
  const signals = signalsOf(process.platform);
  for (const signal of signals.end) process.once(signal, stop);
  if (signals.reconfigure !== undefined) {
    process.on(signals.reconfigure, () => {
      reconfigure();
    });
  }
  if (signals.hangUp !== undefined) {
    process.on(signals.hangUp, () => {
      hangUp();
    });
  }

  const fetcher = makeFetcher(after);
  fetcher.warm();
  const sources = sourcesOf(options);
  // The file is read by a child while the larger half of the agent is loaded; not the doctor's, which has HTTP.
  const [settings, { makeAgent }, { makeLink, newCurveKeys }, { makeLiveWhitelist }] =
    await Promise.all([
      loadSettings(sources),
      import('./agent.ts'),
      import('./link.ts'),
      import('./whitelist/live-whitelist.ts'),
    ]);
  process.umask(settings.umask);
  const { log, reopen } = openLog(settings);
  for (const warning of settings.warnings) log.warn({ warning }, 'configuration file');
  const { unguarded, release } = await beAlone(settings, nodeLockPlace(), after);
  if (unguarded !== undefined) {
    log.warn({ why: unguarded }, 'a second agent of this node would not be noticed');
  }
  const { configFile: config, whitelist: entries, isDefaultWhitelist: isDefault } = settings;
  const whitelist = await makeLiveWhitelist(
    { entries, isDefault, ...settings.origin },
    {
      clock: systemClock,
      log,
      // The same file as before: another one of the defaults would be another agent.
      load: () =>
        loadWhitelist(
          config === undefined ? sources : { ...sources, options: { ...options, config } },
        ),
      stamp: fileStamp,
    },
  );
  const agent = makeAgent(settings, whitelist, {
    clock: systemClock,
    log,
    link: makeLink({ log, clock: systemClock, random: Math.random }),
    curve: newCurveKeys(),
    random: Math.random,
    probe: {
      lookUp: async (host) => (await import('./doctor/probe.ts')).lookUp(host),
      connect: async (...to) => (await import('./doctor/probe.ts')).tryConnect(...to),
    },
    get: (request) => fetcher.get(request),
  });
  reconfigure = () => {
    agent.reconfigure();
    void whitelist.reread();
  };
  hangUp = () => {
    reopen();
    void whitelist.reread();
  };
  const { nodeName: node } = settings;
  log.info({ node, version: version(), pid: process.pid }, 'pushy-client starts');
  log.info({ ...summarize(entries), isDefault }, 'whitelist');
  systemClock.after(STARTED_MS, giveBack);
  const { stateDir, serverUrl: server } = settings;
  const note = { pid: process.pid, node, server, ...(config === undefined ? {} : { config }) };
  await Promise.all([
    agent.run(end.signal),
    whitelist.run(end.signal),
    keepNote(
      { clock: systemClock, log, stateDir, note, isOnline: () => agent.isOnline() },
      end.signal,
    ),
  ]);
  release();
  return 0;
}

function sourcesOf(options: CommandLine): ConfigSources {
  return {
    options,
    env: { ...process.env },
    paths: process.platform === 'win32' ? WINDOWS_PATHS : POSIX_PATHS,
    readFile: readConfigFile,
    shortHostName: hostname(),
    fullHostName: () => hostName(hostname()),
  };
}

/** Why the node is, or is not, available: once, beside a running agent. */
async function seeDoctor({ options, format }: DoctorCommand): Promise<number> {
  const { examine, exitCode, httpGet, lookUp, makeLink, renderJson, renderText, tryConnect } =
    await import('./index.ts');
  const report = await examine({
    clock: systemClock,
    loadSettings: () => loadSettings(sourcesOf(options)),
    get: httpGet,
    lookUp,
    connect: tryConnect,
    link: () =>
      makeLink({ log: { warn: () => undefined }, clock: systemClock, random: Math.random }),
    findAgent: (settings) => findAgent(settings, nodeLockPlace(), after),
    readNote,
    findByFile: async () => {
      const files = configFiles(sourcesOf(options));
      const notes = (await findAgents(nodeLockPlace(), after)).map(({ pid, stateDir }) =>
        readNote(stateDir, pid),
      );
      return notes.find((note) => note?.config !== undefined && files.includes(note.config));
    },
  });
  process.stdout.write(format === 'json' ? renderJson(report) : renderText(report));
  return exitCode(report);
}

function openLog(settings: AgentSettings): { log: Log; reopen: () => void } {
  const { logTargets, level, showTime } = { ...settings, level: settings.logLevel };
  const files = logTargets.flatMap((to) => (to.kind === 'file' ? openLogFile(to) : []));
  const streams = logTargets.flatMap((to) => (to.kind === 'file' ? [] : process[to.kind]));
  // Whoever read standard output may go away; the agent does not end for that.
  for (const stream of streams) stream.on('error', () => undefined);
  const log = makeLog({
    level,
    showTime,
    now: () => systemClock.now(),
    write: (line) => {
      for (const to of [...files, ...streams]) to.write(line);
    },
  });
  const reopen = (): void => {
    for (const file of files) {
      try {
        file.reopen();
      } catch (error) {
        log.error({ error: messageOf(error) }, 'the log file cannot be opened again');
      }
    }
  };
  return { log, reopen };
}

function version(): string {
  const file = new URL('../package.json', import.meta.url);
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const found = typeof parsed === 'object' && parsed !== null && 'version' in parsed;
  return found ? String(parsed.version) : 'unknown';
}

// A run that goes on must not hold the agent: its exit is explicit.
process.exit(await main());
