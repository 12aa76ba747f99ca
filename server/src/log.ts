import pino, { type DestinationStream } from 'pino';

/** What the server says about itself: constant sentences with fields. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Fields that hold secrets wherever they stand (Decision 11), in either spelling. */
const SECRET = [
  ...['env', 'file', 'stdout', 'stderr', 'key', 'password', 'authorization'],
  ...['privateKey', 'secretKey', 'sessionKey', 'databaseUrl', 'chefSuperuserPem'],
  ...['postgresqlPassword', 'postgresqlSqlPassword'],
].flatMap((name) => [...new Set([name, snakeCase(name)])]);

/** A URL with a password in it, as drivers like to quote it; the last @ counts, as it does for them. */
const URL_WITH_PASSWORD = /(\w+:\/\/[^\s/:@]*):\S+@/g;
const PASSWORD_IN_QUERY = /([?&]password=)[^&\s]+/gi;

/** Bytes that may wait for a slow reader of standard output; what comes above them is dropped. */
const MAX_WAITING = 16 * 1024 * 1024;

/** JSON lines on standard output, or where `destination` says. */
export function makeLog(level: string, destination?: DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: spelled },
      serializers: { err: withoutPasswords },
      redact: {
        paths: SECRET.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[secret]',
      },
    },
    destination ?? pino.destination({ fd: 1, sync: false, maxLength: MAX_WAITING }),
  );
}

/** One spelling of every field, whoever logs it: `job_id`, `org_id`, `node`. */
function spelled(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [snakeCase(name), value]),
  );
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function withoutPasswords(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { message, stack, ...rest } = pino.stdSerializers.err(error);
  return {
    ...rest,
    message: withoutPassword(message),
    stack: withoutPassword(stack),
  };
}

function withoutPassword(text: string): string {
  return text.replace(URL_WITH_PASSWORD, '$1:[secret]@').replace(PASSWORD_IN_QUERY, '$1[secret]');
}
