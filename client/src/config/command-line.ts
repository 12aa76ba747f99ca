import { createRequire } from 'node:module';
import type * as Util from 'node:util';
import { messageOf } from '../errors.ts';
import { LOG_LEVELS, type LogLevel } from '../log.ts';

/** An `import` would touch every member, and load workers, diffs and more, which an agent would hold all its life. */
const { parseArgs } = createRequire(import.meta.url)('node:util') as typeof Util;

/** What the command line says; what is absent is said by the configuration file or a default. */
export interface CommandLine {
  readonly config?: string;
  readonly logLevel?: LogLevel;
  readonly logfile?: string;
  readonly nodeName?: string;
  readonly clientKey?: string;
  readonly server?: string;
  readonly maxBodySize?: number;
  readonly fileDir?: string;
  readonly allowUnencrypted?: boolean;
  /** `chef`, or the path of a Ruby that evaluates the configuration file. */
  readonly rubyConfig?: string;
}

/** How the doctor says what it found. */
const FORMATS = ['text', 'json'] as const;
type Format = (typeof FORMATS)[number];

/** Options to serve with, or to examine the node with, or a text to print and an exit code. */
export type ParsedCommandLine =
  | { readonly kind: 'serve'; readonly options: CommandLine }
  | { readonly kind: 'doctor'; readonly options: CommandLine; readonly format: Format }
  | { readonly kind: 'exit'; readonly code: number; readonly text: string };

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  'log-level': { type: 'string', short: 'l' },
  logfile: { type: 'string', short: 'L' },
  'node-name': { type: 'string', short: 'N' },
  'client-key': { type: 'string', short: 'k' },
  server: { type: 'string', short: 'S' },
  'max-body-size': { type: 'string', short: 'M' },
  'file-dir': { type: 'string', short: 'd' },
  'allow-unencrypted': { type: 'boolean' },
  'ruby-config': { type: 'string' },
  format: { type: 'string' },
  version: { type: 'boolean', short: 'v' },
  help: { type: 'boolean', short: 'h' },
} as const;

const HELP = `Usage: pushy-client [options] [command]

Push Jobs agent of a node: waits for jobs of the Push Jobs server and runs them.

Commands:
  doctor                       say why this node is, or is not, available

Options:
  -c, --config <file>          configuration file
  -l, --log-level <level>      debug, info, warn, error or fatal
  -L, --logfile <file>         log file; default: standard output
  -N, --node-name <name>       name of the node and of its client
  -k, --client-key <file>      the client's private key
  -S, --server <url>           Chef server with its organization, .../organizations/ORG
  -M, --max-body-size <bytes>  most output to send for a run
  -d, --file-dir <dir>         where the files of jobs are kept
  --allow-unencrypted          speak to a server that offers no encryption
  --ruby-config <ruby>         read the configuration with Chef's own Ruby: chef, or its path
  --format <format>            how the doctor says it: text or json
  -v, --version                show the version
  -h, --help                   show this help
`;

/** Reads the arguments after the program's name (ADDON C.3). Long options take `_` and `-` alike. */
export function parseCommandLine(args: readonly string[], version: string): ParsedCommandLine {
  try {
    const { values, positionals } = parseArgs({
      args: args.map(withHyphens),
      options: OPTIONS,
      allowPositionals: true,
    });
    if (values.help === true) return { kind: 'exit', code: 0, text: HELP };
    if (values.version === true) {
      return { kind: 'exit', code: 0, text: `Push Client: ${version}\n` };
    }
    const empty = Object.entries(values).find(([, value]) => value === '');
    if (empty !== undefined) throw new Error(`--${empty[0]} must not be empty.`);
    const [command, ...more] = positionals;
    if (more.length > 0 || (command !== undefined && command !== 'doctor')) {
      throw new Error(`The only command is "doctor", not "${positionals.join(' ')}".`);
    }
    const format = one('format', values.format, FORMATS);
    const options = optionsOf(values);
    if (command === 'doctor') return { kind: 'doctor', options, format: format ?? 'text' };
    if (format !== undefined) throw new Error('--format says how "doctor" speaks.');
    return { kind: 'serve', options };
  } catch (error) {
    // Node's own sentence about an unknown option goes on with advice that is no use here.
    const what = messageOf(error).replace(/\. To specify a positional argument.*$/s, '.');
    return { kind: 'exit', code: 1, text: `error: ${what}\n` };
  }
}

function optionsOf(
  values: ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'],
): CommandLine {
  const options: { [K in keyof CommandLine]: CommandLine[K] | undefined } = {
    config: values.config,
    logLevel: one('log-level', values['log-level'], LOG_LEVELS),
    logfile: values.logfile,
    nodeName: values['node-name'],
    clientKey: values['client-key'],
    server: values.server,
    maxBodySize: bytes(values['max-body-size']),
    fileDir: values['file-dir'],
    allowUnencrypted: values['allow-unencrypted'],
    rubyConfig: values['ruby-config'],
  };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

/** `--file_dir=x_y` is `--file-dir=x_y`. */
function withHyphens(arg: string): string {
  return arg.replace(/^--[^=]*/, (name) => name.replaceAll('_', '-'));
}

function one<T extends string>(
  name: string,
  text: string | undefined,
  choices: readonly T[],
): T | undefined {
  const found = choices.find((choice) => choice === text);
  if (text !== undefined && found === undefined) {
    throw new Error(`--${name} is one of ${choices.join(', ')}, not "${text}".`);
  }
  return found;
}

function bytes(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new Error(`--max-body-size is a number of bytes, not "${text}".`);
  }
  return Number(text);
}
