import type { NodeReportKind } from '../core/job-table.ts';
import type { Stage } from '../core/node-in-job.ts';

/**
 * What crosses the bus: batches of plain records that survive JSON, so that one process or ten see the same.
 * `fence` is the number of the coordinator's lease: a record of an older lease is ignored.
 * `wave` is the part of a rolling run; always 0 for now.
 */

/** From a job's coordinator to the hosts of nodes. Each names a set of nodes of one organization. */
export type NodeCommand =
  | {
      kind: 'commit';
      jobId: string;
      orgId: string;
      nodes: readonly string[];
      wave: number;
      fence: number;
      /** The part of the commit body that all nodes share: JSON members, encoded once, without braces. */
      tail: string;
      /** Output of this job is kept when it arrives. */
      capture: boolean;
      /** Seconds that a run may take: for nodes that want to know. */
      runTimeout: number;
    }
  | {
      kind: 'run';
      jobId: string;
      orgId: string;
      nodes: readonly string[];
      wave: number;
      fence: number;
    }
  /**
   * After a restart (Decision 3): these nodes were at that stage of the job. Who is not heard for `grace`
   * milliseconds is `down`.
   */
  | {
      kind: 'adopt';
      jobId: string;
      orgId: string;
      nodes: readonly string[];
      stage: Stage;
      fence: number;
      tail: string;
      capture: boolean;
      runTimeout: number;
      grace: number;
    }
  /** The results of these nodes are durable (Decision 5). */
  | { kind: 'kept'; jobId: string; orgId: string; nodes: readonly string[]; fence: number }
  /** Abort whatever these nodes do for the job and bring them back to idle. */
  | { kind: 'reset'; jobId: string; orgId: string; nodes: readonly string[]; fence: number }
  /** The job has left memory: its nodes need not be watched for it any more. */
  | { kind: 'release'; jobId: string; orgId: string; nodes: readonly string[]; fence: number };

/** From a host of nodes to the coordinator of a job. */
export type NodeReport =
  /**
   * What a node answered, or `down`: not available at the start, or lost since. `ack`: the host wants to hear when
   * it is durable.
   */
  | { kind: NodeReportKind; jobId: string; node: string; fence: number; ack?: true }
  /** The commits of this wave are handed to the sockets, and `down` is reported for the rest. */
  | { kind: 'handed'; jobId: string; wave: number; fence: number };

/** A node is not available to a job: at its start, or any more. */
export function down(jobId: string, node: string, { fence }: { fence: number }): NodeReport {
  return { kind: 'down', jobId, node, fence };
}
