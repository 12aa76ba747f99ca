import { isSymbol, type RubyValue } from '@pushy/ruby-config';
import type { CommandLine } from './command-line.ts';
import type { ConfigValues } from './values.ts';
import { AgentError } from '../errors.ts';
import { LOG_LEVELS, type LogLevel } from '../log.ts';

/** Where log lines go. */
export type LogTarget =
  | { readonly kind: 'stdout' | 'stderr' }
  | {
      readonly kind: 'file';
      readonly path: string;
      /** What names it: the option, or the setting with file and line. */
      readonly from: string;
    };

/** The level of the command line, else of the file; `:auto` is info. */
export function logLevel({ logLevel: given }: CommandLine, values: ConfigValues): LogLevel {
  if (given !== undefined) return given;
  const name = (values.text('log_level') ?? 'auto').replace(/^:/, '');
  if (name === 'auto') return 'info';
  if (name === 'trace') return 'debug';
  const level = LOG_LEVELS.find((l) => l === name);
  if (level !== undefined) return level;
  const what = `${values.place('log_level')} must be one of ${LOG_LEVELS.join(', ')}`;
  throw new AgentError('bad_config', what);
}

/**
 * `-L`, else `log_location`: the path of a file, STDOUT or STDERR, or an array of them. `:syslog` and `:win_evt` mean
 * standard output, which the service manager keeps.
 */
export function logTargets({ logfile }: CommandLine, values: ConfigValues): LogTarget[] {
  const value = logfile ?? values.raw('log_location')?.value ?? null;
  const items = Array.isArray(value) ? value : [value];
  const from = logfile === undefined ? values.place('log_location') : '--logfile';
  const targets = items.map((item) => logTarget(item, from));
  const once = new Map(targets.map((t) => [t.kind === 'file' ? t.path : `:${t.kind}`, t]));
  return once.size === 0 ? [{ kind: 'stdout' }] : [...once.values()];
}

function logTarget(value: RubyValue, from: string): LogTarget {
  const name = typeof value === 'string' ? value : nameOf(value);
  if (name === 'STDERR') return { kind: 'stderr' };
  if (value === null || name === 'STDOUT' || isSymbol(value)) return { kind: 'stdout' };
  if (typeof value === 'string' && value !== '') return { kind: 'file', path: value, from };
  const what = `${from} must be the path of a file, STDOUT, STDERR or :syslog`;
  throw new AgentError('bad_config', what);
}

function nameOf(value: RubyValue): string | undefined {
  const isConstant = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isConstant && value.kind === 'constant' ? value.name : undefined;
}
