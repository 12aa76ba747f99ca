import type { Setting } from '@pushy/ruby-config';
import { LineCounter, isMap, isScalar, parseDocument, type ScalarTag } from 'yaml';
import { DataSymbol, badData, settingsOf } from './values.ts';

/** Ruby's reader of YAML makes a symbol of `:name` without quotes. */
const SYMBOL: ScalarTag = {
  tag: 'tag:ruby.yaml.org,2002:symbol',
  default: true,
  test: /^:\w+$/,
  resolve: (text) => new DataSymbol(text.slice(1)),
};

/** A text to Ruby, where YAML 1.1 itself has a boolean. */
const LETTER: ScalarTag = {
  tag: 'tag:yaml.org,2002:str',
  default: true,
  test: /^[yn]$/i,
  resolve: (text) => text,
};

/** Reads YAML as Ruby does: version 1.1, in which `yes` is true and 0022 is octal. */
export function readYaml(text: string, file: string): Map<string, Setting> {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    version: '1.1',
    uniqueKeys: false,
    prettyErrors: false,
    customTags: (tags) => [SYMBOL, LETTER, ...tags],
    lineCounter,
  });
  const lines = new Map<string, number>();
  const { contents, errors, warnings } = document;
  // A tag that is not known would leave a text where something else is meant.
  for (const { message, pos } of [...errors, ...warnings])
    throw badData(
      file,
      lineCounter.linePos(pos[0]).line,
      `this YAML cannot be used: ${withoutText(message)}`,
    );
  note(contents, []);
  return settingsOf(plain(document, file), file, (path) => lines.get(path.join('\0')));

  function note(node: unknown, path: readonly string[]): void {
    for (const { key, value: item } of isMap(node) ? node.items : []) {
      if (!isScalar(key)) continue;
      const { value, range } = key;
      const own = [...path, value instanceof DataSymbol ? value.name : String(value)];
      if (range) lines.set(own.join('\0'), lineCounter.linePos(range[0]).line);
      note(item, own);
    }
  }
}

function plain(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ mapAsMap: true });
  } catch (error) {
    // An alias of nothing, or too many of them.
    if (error instanceof ReferenceError)
      throw badData(file, 1, `this YAML cannot be used: ${withoutText(error.message)}`);
    throw error;
  }
}

/** A text that begins with `!` or `*` and has no quotes may be a secret; the tags of Ruby are none. */
function withoutText(message: string): string {
  return message.replace(/^(Unresolved [^:]*): (?!!ruby\/).*$/s, '$1');
}
