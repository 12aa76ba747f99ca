import { whole, type Kind } from './setting-kinds.ts';

/** One setting: everything that is known about it. Its name in files is the table's key in snake case. */
export interface SettingSpec<T> {
  kind: Kind<T>;
  /** As it would stand in a file; null: not set. */
  default: string | number | boolean | null;
  unit: string;
  doc: string;
  /** Not to be shown, in whole (true) or but for what is no password (`url`). */
  secret?: true | 'url';
}

/** Writes down one setting. */
export function setting<T>(
  kind: Kind<T>,
  fallback: SettingSpec<T>['default'],
  unit: string,
  doc: string,
): SettingSpec<T> {
  return { kind, default: fallback, unit, doc };
}

/** A TCP port; 0: any free one. */
export const port = whole(0, 65_535);
/** What a timer of Node holds, in seconds. */
export const MAX_S = 2_147_483;
