import type { ServerStatus } from '@pushy/protocol';
import type { Answer } from '../answer.ts';
import type { Query } from '../query.ts';

/** What the status page counts, over all organizations. */
export interface StatusSource {
  incarnationId(): string;
  trackedNodes(): number;
  jobsInMemory(): string[];
  /** Groups under the name of the old documentation. */
  misspeltGroups(): number;
}

/**
 * `GET /pushy/_status`, for everybody; asks neither database nor Chef server (REFERENCE 8.1). With `detail=true` it
 * counts what a person should look at; names are in the log alone.
 */
export function makeGetStatus(source: StatusSource): (query: Query) => Answer {
  return ({ detail }) => {
    const json: ServerStatus = {
      status: "it's alive",
      incarnation_id: source.incarnationId(),
      node_fsm_count: source.trackedNodes(),
      job_processes: source.jobsInMemory(),
      ...(detail === true ? { warnings: { misspelt_groups: source.misspeltGroups() } } : {}),
    };
    return { status: 200, json };
  };
}
