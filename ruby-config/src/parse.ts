import type { Location, ProgramNode } from '@ruby/prism/src/nodes.js';
import { RubyConfigError } from './errors.ts';
import { tooDeepLine } from './nesting.ts';
import { loadParser, type Parser } from './prism.ts';

/** A parsed file. */
export interface Source {
  readonly file: string;
  readonly program: ProgramNode;
  /** Line, from 1, of a place in the file. */
  lineOf(location: Location): number;
  /** The text at a place in the file. */
  textOf(location: Location): string;
}

/** Turns source texts into parsed files; waits for the parser once. */
export async function makeParse(): Promise<(text: string, file: string) => Source> {
  const parser = await loadParser();
  return (text, file) => {
    // A byte order mark is no part of the program; Ruby drops it as well.
    const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
    refuseInnerMark(source, file);
    const bytes = new TextEncoder().encode(source);
    const lineOf = makeLineOf(bytes);
    const result = parsed(parser, source, file);
    const [first] = result.errors;
    if (first !== undefined) {
      const line = lineOf(first.location);
      throw new RubyConfigError({
        code: 'syntax',
        file,
        line,
        problem: `Ruby syntax error: ${first.message}`,
        advice: adviceFor(source.split('\n')[line - 1] ?? ''),
      });
    }
    const line = foreignByteLine(source, result, lineOf);
    if (line !== undefined) throw foreignByte(file, line);
    return {
      file,
      program: result.value,
      lineOf,
      textOf: ({ startOffset, length }) =>
        new TextDecoder().decode(bytes.subarray(startOffset, startOffset + length)),
    };
  };
}

/** Files put together keep the marks of their parts, which Ruby reads as letters of the next word. */
function refuseInnerMark(source: string, file: string): void {
  const at = source.indexOf('\uFEFF');
  if (at < 0) return;
  throw new RubyConfigError({
    code: 'syntax',
    file,
    line: source.slice(0, at).split('\n').length,
    problem: 'a byte order mark (U+FEFF) stands inside the file',
    advice: 'Remove this invisible character; Ruby takes it for a part of the next word.',
  });
}

/**
 * The line of a byte that was no UTF-8, which who read the file has replaced by U+FFFD. In a comment or after `__END__`
 * it does no harm.
 */
function foreignByteLine(
  source: string,
  { comments, dataLoc }: ReturnType<Parser>,
  lineOf: Source['lineOf'],
): number | undefined {
  const spans: (Span | null)[] = [
    ...comments.map(({ location }) => location),
    dataLoc as Span | null,
  ];
  const harmless = spans.filter((span) => span !== null);
  for (let at = source.indexOf(REPLACED); at >= 0; at = source.indexOf(REPLACED, at + 1)) {
    const startOffset = Buffer.byteLength(source.slice(0, at));
    const isHarmless = harmless.some(
      (l) => l.startOffset <= startOffset && startOffset < l.startOffset + l.length,
    );
    if (!isHarmless) return lineOf({ startOffset, length: 1 });
  }
  return undefined;
}

/** Bytes of the UTF-8 text. */
type Span = Pick<Location, 'startOffset' | 'length'>;

/** What stands for bytes that are no text. */
const REPLACED = '\uFFFD';

function foreignByte(file: string, line: number): RubyConfigError {
  return new RubyConfigError({
    code: 'syntax',
    file,
    line,
    problem: 'there are bytes here that are not UTF-8',
    advice: 'Save the file as UTF-8; Ruby refuses these bytes, or takes them for other letters.',
  });
}

/** Nesting that the look at the text did not find ends in an error of the parser. */
function parsed(parser: Parser, source: string, file: string): ReturnType<Parser> {
  const line = tooDeepLine(source);
  if (line !== undefined) throw tooDeep(file, line);
  try {
    return parser(source, file);
  } catch (cause) {
    throw tooDeep(file, 1, cause);
  }
}

function tooDeep(file: string, line: number, cause?: unknown): RubyConfigError {
  return new RubyConfigError({
    code: 'too_deep',
    file,
    line,
    problem: 'this file nests too deeply for the Ruby parser',
    advice: 'Put the inner parts into variables.',
    cause,
  });
}

/** Places are byte offsets in the UTF-8 text. */
function makeLineOf(bytes: Uint8Array): (location: Location) => number {
  const starts = [0];
  bytes.forEach((byte, index) => {
    if (byte === 0x0a) starts.push(index + 1);
  });
  return ({ startOffset }) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? Infinity) <= startOffset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

/** The form with braces that the public documents print is a block to Ruby (ADDON F.1). */
function adviceFor(line: string): string {
  const braces = /^\s*([a-z_]\w*)\s+?\{/.exec(line);
  return braces === null
    ? 'Correct the line; `ruby -c` on this file shows the same error.'
    : `Put the hash into parentheses: ${braces[1] ?? ''}({ … }).`;
}
