import type { NewJob } from '../../server/src/core/job-record.ts';

export const ORG_ID = '0123456789abcdef0123456789abcdef';
/** Milliseconds since 1970, with a fraction of a second. */
export const CREATED_AT = 1_346_799_662_123;

let count = 0;

/** A job with what a test does not care about filled in; its id is a new one. */
export function aJob(given: Partial<NewJob> = {}): NewJob {
  count += 1;
  const nodes = given.nodes ?? ['web1', 'web2'];
  return {
    id: `456789abcdef${String(count).padStart(20, '0')}`,
    orgId: ORG_ID,
    orgName: 'acme',
    requester: 'pivotal',
    command: 'chef-client',
    nodes,
    quorum: nodes.length,
    runTimeout: 3600,
    capture: false,
    createdAt: CREATED_AT,
    ...given,
  };
}
