import pino, { type DestinationStream } from 'pino';

/** What the server says about itself: constant sentences with fields. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Fields that hold secrets wherever they stand (Decision 11). */
const SECRET = [
  'env',
  'key',
  'privateKey',
  'sessionKey',
  'password',
  'authorization',
  'databaseUrl',
];

/** JSON lines on standard output, or where `destination` says. */
export function makeLog(level: string, destination?: DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRET.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[secret]',
      },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}
