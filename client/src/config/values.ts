import type { EntryPlace, RubyConfig, Setting } from '@pushy/ruby-config';
import { AgentError } from '../errors.ts';

/** Reads the settings of a file with the type that each must have; an error names file and line. */
export interface ConfigValues {
  /** A text; a symbol counts as its name. */
  text(name: string): string | undefined;
  /** A text that is not empty. */
  path(name: string): string | undefined;
  flag(name: string): boolean | undefined;
  /** A whole number, or a text of its digits. */
  whole(name: string): number | undefined;
  texts(name: string): readonly string[] | undefined;
  /** The value as it stands, with its place. */
  raw(name: string): Setting | undefined;
  /** `FILE:LINE: name`, for messages; with the line of an entry, where one is named. */
  place(name: string, ...entry: readonly string[]): string;
}

/** `FILE:LINE: name` of a setting, or of the innermost entry whose line is known. */
export function placeOf(name: string, setting: Setting, entry: readonly string[] = []): string {
  const { places = [] } = setting;
  const isAt = ({ path }: EntryPlace): boolean => path.every((key, at) => key === entry[at]);
  const known = places.filter(({ path }) => path.length <= entry.length).filter(isAt);
  const { file, line } = known.sort((a, b) => b.path.length - a.path.length)[0] ?? setting;
  return `${file}:${line}: ${name}`;
}

/** Makes the reader of one file. A setting that is nil counts as absent. */
export function configValues({ settings }: Pick<RubyConfig, 'settings'>): ConfigValues {
  const raw = (name: string): Setting | undefined => {
    const setting = settings.get(name);
    return setting?.value === null ? undefined : setting;
  };
  const place = (name: string, ...entry: readonly string[]): string => {
    const setting = settings.get(name);
    return setting === undefined ? name : placeOf(name, setting, entry);
  };
  const wrong = (name: string, expected: string): AgentError =>
    new AgentError('bad_config', `${place(name)} must be ${expected}`);

  const text = (name: string): string | undefined => {
    const value = raw(name)?.value;
    if (value === undefined) return undefined;
    if (typeof value === 'string') return value;
    if (isNamed(value)) return value.name;
    throw wrong(name, 'a text');
  };

  return {
    raw,
    place,
    text,
    path: (name) => {
      const path = text(name);
      if (path === '') throw wrong(name, 'a path, not empty');
      return path;
    },
    flag: (name) => {
      const value = raw(name)?.value;
      if (value === undefined || typeof value === 'boolean') return value;
      throw wrong(name, 'true or false');
    },
    whole: (name) => {
      const value = raw(name)?.value;
      if (value === undefined) return undefined;
      const digits = String(typeof value === 'number' || typeof value === 'string' ? value : '');
      if (/^\d{1,12}$/.test(digits)) return Number(digits);
      throw wrong(name, 'a whole number');
    },
    texts: (name) => {
      const value = raw(name)?.value;
      if (value === undefined) return undefined;
      const items = Array.isArray(value) ? value : [value];
      return items.map((item) => {
        if (typeof item !== 'string') throw wrong(name, 'an array of texts');
        return item;
      });
    },
  };
}

function isNamed(value: Setting['value']): value is { kind: 'symbol' | 'constant'; name: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return value.kind === 'symbol' || value.kind === 'constant';
}
