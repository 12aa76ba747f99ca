import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** A value that must not be found where it does not belong. */
export interface Planted {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Where a planted value was found. */
export type Find = `${string} in ${string}`;

/** What is planted, in every spelling in which a program may write it. */
export interface Spread {
  /** What of it stands in a text. */
  inText(place: string, text: string | Buffer): Find[];
  /** What of it stands in the files under a directory; those that `leaveOut` names are not looked at. */
  inFiles(dir: string, leaveOut?: readonly string[]): Promise<Find[]>;
}

/** Characters at the ends of base64 that depend on what stands beside the value. */
const EDGE = 4;

/** Looks for values as they are, in hex and in base64. */
export function makeSpread(planted: readonly Planted[]): Spread {
  const forms = planted.flatMap(({ name, bytes }) =>
    spellings(bytes).map((form) => [name, form] as const),
  );
  const inText: Spread['inText'] = (place, text) => {
    const all = Buffer.from(text);
    const found = forms.filter(([, form]) => all.includes(form)).map(([name]) => name);
    return [...new Set(found)].map((name): Find => `${name} in ${place}`);
  };
  return {
    inText,
    inFiles: async (dir, leaveOut = []) => {
      const entries = await readdir(dir, { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((file) => !leaveOut.includes(relative(dir, file)));
      const found: Find[] = [];
      for (const file of files) found.push(...inText(relative(dir, file), await readFile(file)));
      return found;
    },
  };
}

function spellings(bytes: Buffer): Buffer[] {
  const hex = bytes.toString('hex');
  // Three texts, by how many bytes stand before it in its group of three.
  const base64 = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(EDGE, -EDGE),
  );
  return [bytes, ...[hex, hex.toUpperCase(), ...base64].map((text) => Buffer.from(text))];
}
