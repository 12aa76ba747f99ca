import { makeApi, type Api } from './api.ts';
import type { Clock } from './clock.ts';
import { loadKnifeConfig, type ConfigFlags } from './knife-config/load.ts';
import type { Surroundings } from './knife-config/places.ts';
import { makeSettings, type Settings } from './knife-config/settings.ts';
import { readFormat, type Format } from './render.ts';
import { makeNotices, makePaint, type Notices, type Paint, type Terminal } from './terminal.ts';

/** What the process gives a command. */
export interface Io {
  terminal: Terminal;
  world: Surroundings;
  clock: Clock;
  /** Aborted by Ctrl-C and TERM; its reason is the exit code. */
  signal: AbortSignal;
}

/** Options that every command takes. */
export interface CommonFlags extends ConfigFlags {
  color?: boolean;
  format?: string;
  verbose?: number;
}

/** A command at work: its configuration, and the server once it is needed. */
export interface Session extends Io {
  /** The settings of `knife[:…]`, which stand in for options that were not given. */
  knife: Settings;
  notices: Notices;
  paint: Paint;
  format: Format;
  /** Opens the way to the server; the first call reads the key. */
  api(): Api;
}

/** Reads the configuration, runs the command and closes what it opened. */
export async function withSession(
  io: Io,
  flags: CommonFlags,
  run: (session: Session) => Promise<number>,
): Promise<number> {
  const config = await loadKnifeConfig(io.world, flags);
  const knife = makeSettings(config.knife, (name) => `knife[:${name}]`);
  const paint = makePaint(coloured(io, flags, knife));
  const notices = makeNotices(io.terminal, paint);
  const verbose = (flags.verbose ?? 0) > 0;
  const trace = (line: string): void => {
    if (verbose) notices.info(`INFO: ${line}`);
  };
  config.notes.forEach(trace);
  let opened: Api | undefined;
  const session: Session = {
    ...io,
    knife,
    notices,
    paint,
    format: readFormat(flags.format ?? knife.text('format') ?? 'summary'),
    api: () =>
      (opened ??= makeApi({
        config,
        clock: io.clock,
        signal: io.signal,
        trace,
        warn: (line) => {
          notices.info(`WARN: ${line}`);
        },
      })),
  };
  try {
    return await run(session);
  } finally {
    await opened?.close();
  }
}

/** Colours are for a terminal, unless --no-color, knife[:color] or NO_COLOR say otherwise. */
export function coloured(io: Io, flags: CommonFlags, knife?: Settings): boolean {
  const wanted = flags.color ?? knife?.flag('color') ?? (io.world.env['NO_COLOR'] ?? '') === '';
  return wanted && io.terminal.isTty;
}
