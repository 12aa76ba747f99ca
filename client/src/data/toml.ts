import type { Setting } from '@pushy/ruby-config';
import { TomlError, parse } from 'smol-toml';
import { badData, lineAt, settingsOf } from './values.ts';

/** Reads TOML. */
export function readToml(text: string, file: string): Map<string, Setting> {
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The lines after the first show the file, in which there may be a secret.
    const [what = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    throw badData(file, error.line, `this is no TOML: ${what}`);
  }
  return settingsOf(parsed, file, (name) => lineOfKey(text, name));
}

/** `name = …`, `name.x = …`, `[name]`, `[name.x]`. */
function lineOfKey(text: string, name: string): number {
  const escaped = name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const key = new RegExp(`^[ \\t]*\\[?[ \\t]*["']?${escaped}["']?[ \\t]*[.=\\]]`, 'm').exec(text);
  return key === null ? 1 : lineAt(text, key.index);
}
