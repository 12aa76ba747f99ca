import { nearestName, type RubyConfig } from '@pushy/ruby-config';
import { AgentError } from '../errors.ts';

/** A setting that nobody reads, and whose name is nearly that of another. */
export interface Misspelt {
  /** The name that is meant, as far as can be guessed. */
  readonly meant: string;
  /** With file and line. */
  readonly warning: string;
}

/**
 * Each setting that is nearly one of `known`. Others are no matter: the file may be Chef's own, with a hundred settings
 * that are not for us.
 */
export function misspelt(
  { settings }: Pick<RubyConfig, 'settings'>,
  known: ReadonlySet<string>,
): Misspelt[] {
  return [...settings].flatMap(([name, { file, line }]) => {
    const meant = known.has(name) ? undefined : nearestName(name, known);
    if (meant === undefined) return [];
    const warning = `${file}:${line}: the setting ${name} has no effect: is ${meant} meant?`;
    return [{ meant, warning }];
  });
}

/** What is wrong with a configuration, together with what may have been meant: nobody sees warnings of one that fails. */
export function withHints(error: unknown, slips: readonly Misspelt[]): unknown {
  if (!(error instanceof AgentError) || slips.length === 0) return error;
  const hints = slips.map(({ warning }) => warning);
  return new AgentError(error.code, [error.message, ...hints].join('; '), { cause: error });
}
