import type { ServerStatus } from '@pushy/protocol';
import type { Answer } from '../answer.ts';

/** What the status page counts, over all organizations. */
export interface StatusSource {
  incarnationId(): string;
  trackedNodes(): number;
  jobsInMemory(): string[];
}

/** `GET /pushy/_status`, for everybody; asks neither database nor Chef server (REFERENCE 8.1). */
export function makeGetStatus(source: StatusSource): () => Answer {
  return () => {
    const json: ServerStatus = {
      status: "it's alive",
      incarnation_id: source.incarnationId(),
      node_fsm_count: source.trackedNodes(),
      job_processes: source.jobsInMemory(),
    };
    return { status: 200, json };
  };
}
