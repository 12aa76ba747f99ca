import type { Watch } from './node-book.ts';

/** Jobs that wait for nodes that are not heard: after a restart for those that were there before (Decision 3). */
export interface AbsentNodes {
  put(orgId: string, node: string, jobId: string, watch: Watch): void;
  /** The jobs that wait for a node; it is heard now, and they wait no longer. */
  take(orgId: string, node: string): Map<string, Watch>;
  find(orgId: string, node: string, jobId: string): Watch | undefined;
  /** False when that job did not wait for that node. */
  remove(orgId: string, node: string, jobId: string): boolean;
}

export function makeAbsentNodes(): AbsentNodes {
  const nodes = new Map<string, Map<string, Watch>>();

  return {
    put(orgId, node, jobId, watch) {
      const key = nameOf(orgId, node);
      nodes.set(key, (nodes.get(key) ?? new Map<string, Watch>()).set(jobId, watch));
    },
    take(orgId, node) {
      const key = nameOf(orgId, node);
      const jobs = nodes.get(key) ?? new Map<string, Watch>();
      nodes.delete(key);
      return jobs;
    },
    find: (orgId, node, jobId) => nodes.get(nameOf(orgId, node))?.get(jobId),
    remove(orgId, node, jobId) {
      const key = nameOf(orgId, node);
      const jobs = nodes.get(key);
      const found = jobs?.delete(jobId) ?? false;
      if (jobs?.size === 0) nodes.delete(key);
      return found;
    },
  };
}

/** An organization's guid has no slash. */
function nameOf(orgId: string, node: string): string {
  return `${orgId}/${node}`;
}
