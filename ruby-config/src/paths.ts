/** Ruby's File.join. */
export function join(parts: readonly string[]): string {
  let joined: string | undefined;
  for (const part of parts) {
    if (joined === undefined) joined = part;
    else if (part.startsWith('/')) joined = joined.replace(/\/+$/, '') + part;
    else if (joined.endsWith('/')) joined += part;
    else joined += `/${part}`;
  }
  return joined ?? '';
}

/** Ruby's File.dirname. */
export function dirname(path: string): string {
  const trimmed = trimEnd(path);
  const slash = trimmed.lastIndexOf('/');
  if (slash < 0) return '.';
  return trimEnd(trimmed.slice(0, slash)) || '/';
}

/** Ruby's File.basename; the suffix `.*` is any extension. */
export function basename(path: string, suffix = ''): string {
  const trimmed = trimEnd(path);
  if (trimmed === '') return path.startsWith('/') ? '/' : '';
  const name = trimmed.slice(trimmed.lastIndexOf('/') + 1);
  const ending = suffix === '.*' ? extname(name) : suffix;
  return ending !== '' && name !== ending && name.endsWith(ending)
    ? name.slice(0, -ending.length)
    : name;
}

/** Ruby's File.extname. */
export function extname(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot <= 0 || /^\.*$/.test(name.slice(0, dot)) ? '' : name.slice(dot);
}

/** What a relative path cannot do without. */
export interface Places {
  readonly home: string | undefined;
  readonly working?: string | undefined;
}

/**
 * Ruby's File.expand_path; undefined when the result depends on something that is not given: the working
 * directory, or another user's home.
 */
export function expandPath(
  path: string,
  directory: string | undefined,
  places: Places,
): string | undefined {
  const whole = /^~(\/|$)/.test(path) ? atHome(path, places) : path;
  if (whole === undefined || whole.startsWith('~')) return undefined;
  if (whole.startsWith('/')) return normalize(whole);
  const base = directory === undefined ? places.working : expandPath(directory, undefined, places);
  return base === undefined ? undefined : normalize(`${base}/${whole}`);
}

function atHome(path: string, { home }: Places): string | undefined {
  return home?.startsWith('/') === true ? home + path.slice(1) : undefined;
}

/** Two slashes at the front stay in Ruby and mean something of their own: not read. */
function normalize(path: string): string | undefined {
  if (path.startsWith('//')) return undefined;
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') kept.pop();
    else if (part !== '' && part !== '.') kept.push(part);
  }
  return `/${kept.join('/')}`;
}

function trimEnd(path: string): string {
  return path.replace(/\/+$/, '');
}
