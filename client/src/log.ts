import { isoTime } from './clock.ts';

/** Levels from the most to the least talkative; `fatal` is accepted for the reference's sake. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

type Fields = Readonly<Record<string, unknown>>;

/** Where the agent writes what it does: a constant sentence and its fields. */
export interface Log {
  debug(fields: Fields, message: string): void;
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  error(fields: Fields, message: string): void;
}

/** What a log is made of. */
export interface LogOptions {
  readonly level: LogLevel;
  /** `Mixlib::Log::Formatter.show_time` (ADDON C.1). */
  readonly showTime: boolean;
  readonly now: () => number;
  readonly write: (line: string) => void;
}

/**
 * Writes lines in the shape of the reference, `[time] LEVEL: sentence key=value`, for people and for the tools that
 * read chef logs. Own, because a logger package would be a tenth of the agent's memory.
 */
export function makeLog({ level, showTime, now, write }: LogOptions): Log {
  const least = LOG_LEVELS.indexOf(level);
  const at =
    (own: LogLevel) =>
    (fields: Fields, message: string): void => {
      if (LOG_LEVELS.indexOf(own) < least) return;
      const time = showTime ? `[${isoTime(now())}] ` : '';
      write(`${time}${own.toUpperCase()}: ${message}${render(fields)}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function render(fields: Fields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${text(value)}`)
    .join('');
}

/** One line whatever the value holds: quotes where it is not a plain word. */
function text(value: unknown): string {
  const plain = value instanceof Error ? value.message : value;
  if (typeof plain === 'string')
    return /^[\w./:@%+-]+$/.test(plain) ? plain : JSON.stringify(plain);
  return JSON.stringify(plain);
}
