import { isIP, isIPv4 } from 'node:net';
import { isAbsolute } from 'node:path';

/** A value as a file or the environment gives it, judged: `wanted` says what was expected, for people. */
export type Judged<T> = { ok: true; value: T } | { ok: false; wanted: string };

/** Turns plain text, a number or a boolean into the value of a setting. Files mix numbers and their text (ADDON B.4). */
export type Kind<T> = (value: unknown) => Judged<T>;

const good = <T>(value: T): Judged<T> => ({ ok: true, value });
const bad = (wanted: string): { ok: false; wanted: string } => ({ ok: false, wanted });

/** A number in a range, both ends included. */
export function number(min: number, max: number): Kind<number> {
  return (value) => {
    const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof read === 'number' && read >= min && read <= max
      ? good(read)
      : bad(`a number from ${min} to ${max}`);
  };
}

/** A whole number in a range, both ends included. */
export function whole(min: number, max: number): Kind<number> {
  const inRange = number(min, max);
  return (value) => {
    const read = inRange(value);
    return read.ok && Number.isInteger(read.value)
      ? read
      : bad(`a whole number from ${min} to ${max}`);
  };
}

/** `true` or `false`, or the text of it. */
export const flag: Kind<boolean> = (value) => {
  if (value === true || value === 'true') return good(true);
  if (value === false || value === 'false') return good(false);
  return bad('true or false');
};

/** Text that is not empty and has no control characters. */
export const text: Kind<string> = (value) =>
  typeof value === 'string' && value !== '' && !/\p{Cc}/u.test(value) ? good(value) : bad('a text');

/** A file or directory by its whole path: a server has no directory of its own that a path could start from. */
export const absolutePath: Kind<string> = (value) => {
  const read = text(value);
  return read.ok && isAbsolute(read.value)
    ? read
    : bad('a path that starts with /, such as /var/opt/name');
};

const LABEL = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';
const HOST_NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*\\.?$`);

/** A host name or IPv4 address: it becomes part of URLs that nodes connect to. */
export const hostName: Kind<string> = (value) =>
  typeof value === 'string' && value.length <= 253 && (isIPv4(value) || HOST_NAME.test(value))
    ? good(value)
    : bad('a host name or an IPv4 address');

/** Where a socket listens. */
export const listenAddress: Kind<string> = (value) =>
  typeof value === 'string' && isIP(value) !== 0
    ? good(value)
    : hostName(value).ok
      ? good(String(value))
      : bad('an IP address or a host name of this machine');

/** One of a few words. */
export function oneOf<const W extends readonly string[]>(...words: W): Kind<W[number]> {
  return (value) => {
    const word = words.find((w) => w === value);
    return word === undefined ? bad(`one of ${words.join(', ')}`) : good(word);
  };
}

/** An absolute URL with one of these schemes. */
export function url(...schemes: readonly string[]): Kind<string> {
  return (value) => {
    const wanted = bad(`a URL that starts with ${schemes.map((s) => `${s}://`).join(' or ')}`);
    if (typeof value !== 'string' || !URL.canParse(value)) return wanted;
    return schemes.includes(new URL(value).protocol.slice(0, -1)) ? good(value) : wanted;
  };
}

/** As PostgreSQL's own programs take it: the host may be missing where `?host=` names a directory of sockets. */
export const postgresUrl: Kind<string> = (value) =>
  typeof value === 'string' && /^postgres(?:ql)?:\/\/\S+$/.test(value)
    ? good(value)
    : bad('a URL that starts with postgres:// or postgresql://');

/** Where ZeroMQ binds, without the port: `tcp://*`, `tcp://10.0.0.1`, `tcp://[::]` (REFERENCE 1). */
export const zeromqAddress: Kind<string> = (value) =>
  typeof value === 'string' && /^tcp:\/\/(?:\*|[\w.-]+|\[[\da-fA-F:.]+\])$/.test(value)
    ? good(value)
    : bad('tcp:// and a host without a port, such as tcp://*');

/** Nothing at all (nil, or an empty text) means: not set. */
export function optional<T>(kind: Kind<T>): Kind<T | undefined> {
  return (value) =>
    value === null || value === undefined || value === '' ? good(undefined) : kind(value);
}
