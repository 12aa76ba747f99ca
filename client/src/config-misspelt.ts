import { nearestName, type RubyConfig } from '@pushy/ruby-config';

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
