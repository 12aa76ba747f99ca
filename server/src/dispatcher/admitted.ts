/** What is known of the nodes that were let in, and of their agents: look-ups, asked for every message or nearly. */
export interface Admitted {
  /** False for a node that was removed: its session key alone opens nothing, its messages are dropped. */
  isAdmitted: (orgId: string, node: string) => boolean;
  /** True for a node that was here before a restart and may not have been heard since: a new job waits for it (Decision 3). */
  isExpected: (orgId: string, node: string) => boolean;
  /** The agent keeps a result until it is acknowledged: the capability `result_ack` (Decision 5). */
  acknowledges: (orgId: string, node: string) => boolean;
  /** The agent wants to know how long its run may take: the capability `run_timeout`. */
  knowsTimeouts: (orgId: string, node: string) => boolean;
  /** The agent wants to hear that its node is removed: the capability `removal`. */
  knowsRemoval: (orgId: string, node: string) => boolean;
}
