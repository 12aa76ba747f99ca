import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { LOG_LEVELS, type LogLevel } from './log.ts';

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

/** Reads the arguments after the program's name (ADDON C.3). Long options take `_` and `-` alike. */
export function parseCommandLine(args: readonly string[], version: string): ParsedCommandLine {
  let text = '';
  const program = new Command('pushy-client')
    .description('Push Jobs agent of a node: waits for jobs of the Push Jobs server and runs them.')
    .argument('[command]', '"doctor": say why this node is, or is not, available', command)
    .option('-c, --config <file>', 'configuration file')
    .option('-l, --log-level <level>', 'debug, info, warn, error or fatal', logLevel)
    .option('-L, --logfile <file>', 'log file; default: standard output')
    .option('-N, --node-name <name>', 'name of the node and of its client')
    .option('-k, --client-key <file>', "the client's private key")
    .option('-S, --server <url>', 'Chef server with its organization, .../organizations/ORG')
    .option('-M, --max-body-size <bytes>', 'most output to send for a run', bytes)
    .option('-d, --file-dir <dir>', 'where the files of jobs are kept')
    .option('--allow-unencrypted', 'speak to a server that offers no encryption')
    .option(
      '--ruby-config <ruby>',
      "read the configuration with Chef's own Ruby: chef, or its path",
    )
    .addOption(new Option('--format <format>', 'how the doctor says it').choices(FORMATS))
    .helpOption('-h, --help', 'show this help')
    .version(`Push Client: ${version}`, '-v, --version', 'show the version')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (part) => (text += part),
      writeErr: (part) => (text += part),
    });
  try {
    program.parse(args.map(withHyphens), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: 'exit', code: error.exitCode, text };
  }
  const { format, ...options } = program.opts<CommandLine & { format?: Format }>();
  if (program.args.length > 0) return { kind: 'doctor', options, format: format ?? 'text' };
  if (format === undefined) return { kind: 'serve', options };
  return { kind: 'exit', code: 1, text: 'error: --format says how "doctor" speaks.\n' };
}

/** `--file_dir=x_y` is `--file-dir=x_y`. */
function withHyphens(arg: string): string {
  return arg.replace(/^--[^=]*/, (name) => name.replaceAll('_', '-'));
}

function command(text: string): string {
  if (text !== 'doctor') throw new InvalidArgumentError('The only command is "doctor".');
  return text;
}

function logLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((l) => l === text);
  if (level === undefined) throw new InvalidArgumentError(`Levels are ${LOG_LEVELS.join(', ')}.`);
  return level;
}

function bytes(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Give a number of bytes.');
  return Number(text);
}
