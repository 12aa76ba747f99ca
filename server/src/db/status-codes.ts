import { JOB_STATUSES, NODE_STATUSES, type JobStatus, type NodeStatus } from '@pushy/protocol';

/** The number of a job's status in the database: the same as the reference's (ADDON A.7). */
export function jobStatusCode(status: JobStatus): number {
  return JOB_STATUSES.indexOf(status);
}

/** The number of a node's status in the database (ADDON D.1). */
export function nodeStatusCode(status: NodeStatus): number {
  return NODE_STATUSES.indexOf(status);
}

/** The status of a job from its number; throws for one that no version ever wrote. */
export function jobStatusOf(code: number): JobStatus {
  const status = JOB_STATUSES[code];
  if (status === undefined)
    throw new RangeError(`the database holds an unknown job status ${code}`);
  return status;
}

/** The status of a node from its number; throws for one that no version ever wrote. */
export function nodeStatusOf(code: number): NodeStatus {
  const status = NODE_STATUSES[code];
  if (status === undefined) {
    throw new RangeError(`the database holds an unknown node status ${code}`);
  }
  return status;
}
