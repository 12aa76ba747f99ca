import { initial } from './0001-initial.ts';
import { sealed } from './0002-sealed.ts';
import { generations } from './0003-generations.ts';
import type { Migration } from './migration.ts';

/**
 * Every step, oldest first. They are modules, not .sql files, so that the compiler carries them to dist/ and
 * they are found the same way from source, from dist/ and from a package.
 */
export const MIGRATIONS: readonly Migration[] = [initial, sealed, generations];
