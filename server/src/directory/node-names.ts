import { objectOf } from './answers.ts';
import { path, type ChefApi } from './chef-api.ts';

/** Names of all node objects; `prefix` stands in front of `/nodes`. The answer maps names to addresses. */
export async function listNodes(
  api: Pick<ChefApi, 'get'>,
  prefix: readonly string[],
): Promise<string[]> {
  const nodes = objectOf(await api.get(path(...prefix, 'nodes')), 'the list of nodes');
  return Object.keys(nodes ?? {});
}
