import type { Migration } from './migration.ts';

/**
 * How often a node was removed, for those that were (Decision 12): part of their session keys, so that a node that
 * is made again under the name of another has nothing in common with it.
 */
export const generations: Migration = {
  version: 3,
  name: 'generations',
  sql: `
create table node_generations (
  org_id text not null,
  node_name text not null,
  generation integer not null check (generation > 0),
  primary key (org_id, node_name)
);
`,
};
