import { CliError } from '../errors.ts';

/** Settings by name, read as what they should be; a value of another kind is an error that names it. */
export interface Settings {
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  flag(name: string): boolean | undefined;
}

/** Reads from `values`; what is nil or absent is undefined. `call` is a setting's name in messages. */
export function makeSettings(
  values: ReadonlyMap<string, unknown>,
  call: (name: string) => string = (name) => name,
): Settings {
  const wrong = (name: string, kind: string): CliError =>
    new CliError('settings', `${call(name)} is not ${kind}: ${JSON.stringify(values.get(name))}`);
  return {
    text(name) {
      const value = values.get(name);
      if (value === undefined || value === null) return undefined;
      if (typeof value === 'string' || typeof value === 'number') return String(value);
      throw wrong(name, 'a text');
    },
    number(name) {
      const value = values.get(name);
      if (value === undefined || value === null) return undefined;
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof number === 'number' && Number.isFinite(number) && number >= 0) return number;
      throw wrong(name, 'a number');
    },
    flag(name) {
      const value = values.get(name);
      if (value === undefined || value === null) return undefined;
      if (typeof value === 'boolean') return value;
      if (value === 'true' || value === 'false') return value === 'true';
      throw wrong(name, 'true or false');
    },
  };
}
