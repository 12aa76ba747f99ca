import type { Db, Statement } from './db.ts';

/** How often a node was removed. */
export interface GenerationRow {
  orgId: string;
  node: string;
  generation: number;
}

const LIST_GENERATIONS: Statement<GenerationRow> = {
  name: 'list-generations',
  text: 'select org_id as "orgId", node_name as node, generation from node_generations',
};

/** All nodes that were ever removed. */
export async function listGenerations(db: Db): Promise<GenerationRow[]> {
  return db.query(LIST_GENERATIONS);
}
