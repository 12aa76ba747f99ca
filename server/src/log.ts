import pino, { type DestinationStream } from 'pino';

/** What the server says about itself: constant sentences with fields. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Fields that hold secrets wherever they stand (Decision 11), in either spelling. */
const SECRET: ReadonlySet<string> = new Set(
  [
    ...['env', 'file', 'stdout', 'stderr', 'key', 'password', 'authorization'],
    ...['privateKey', 'secretKey', 'sessionKey', 'databaseUrl', 'chefSuperuserPem'],
    ...['postgresqlPassword', 'postgresqlSqlPassword'],
  ].flatMap((name) => [name, snakeCase(name)]),
);
const CENSOR = '[secret]';
/** Levels of a field that are written out; pino writes no more. */
const MAX_DEPTH = 5;

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
      serializers: { err: (error: unknown) => readable(() => withoutPasswords(error)) },
    },
    destination ?? pino.destination({ fd: 1, sync: false, maxLength: MAX_WAITING }),
  );
}

/** Name of a field -> how it is written. They stand in the code: there are a few dozen. */
const spellings = new Map<string, string>();

/** One spelling of every field, whoever logs it: `job_id`, `org_id`, `node`; and no secrets. */
function spelled(fields: object): Record<string, unknown> {
  const line: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    let spelling = spellings.get(name);
    if (spelling === undefined) spellings.set(name, (spelling = snakeCase(name)));
    // Errors have a serializer of their own.
    line[spelling] = name === 'err' ? value : readable(() => withoutSecret(name, value, 1));
  }
  return line;
}

/** Whoever logs something must not fail because of it. */
function readable(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return `[cannot be read: ${withoutPassword(String(error))}]`;
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function withoutSecret(name: string, value: unknown, depth: number): unknown {
  if (SECRET.has(name)) return CENSOR;
  if (typeof value === 'string') return value.includes('://') ? withoutPassword(value) : value;
  // Most fields are texts and numbers: nothing has to be copied.
  return typeof value === 'object' && value !== null ? withoutSecrets(value, depth) : value;
}

/** A copy of an object as JSON has it, with no secret in it. */
function withoutSecrets(value: object, depth: number): unknown {
  if (depth > MAX_DEPTH) return '[Object]';
  if (writesItself(value)) return withoutSecret('', value.toJSON(), depth + 1);
  if (Array.isArray(value)) return value.map((item) => withoutSecret('', item, depth + 1));
  return membersOf(value, depth);
}

function writesItself(value: object): value is { toJSON: () => unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function membersOf(value: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, withoutSecret(name, member, depth + 1)]),
  );
}

function withoutPasswords(error: unknown): unknown {
  if (!(error instanceof Error)) return withoutSecret('', error, 1);
  const { message, stack, ...rest } = pino.stdSerializers.err(error);
  return {
    ...membersOf(rest, 1),
    message: withoutPassword(message),
    stack: withoutPassword(stack),
  };
}

function withoutPassword(text: string): string {
  return text.replace(URL_WITH_PASSWORD, '$1:[secret]@').replace(PASSWORD_IN_QUERY, '$1[secret]');
}
