import type { OutputStream } from '@pushy/protocol';
import { refuse } from '../answer.ts';
import type { Route } from '../route.ts';

/** Captured output, as it came; undefined when nothing was captured in this organization's job (S2). */
export interface JobOutputs {
  output(
    orgId: string,
    jobId: string,
    node: string,
    stream: OutputStream,
  ): Promise<Buffer | undefined>;
}

/** `GET jobs/ID/output/NODE/stdout` and `stderr` (REFERENCE 8.6). */
export function makeGetOutput(jobs: JobOutputs, stream: OutputStream): Route<undefined> {
  return {
    check: () => ({ ok: true, value: undefined }),
    answer: async ({ orgId, params }) => {
      const { id = '', node = '' } = params;
      const bytes = await jobs.output(orgId, id, node, stream);
      if (bytes === undefined) {
        return refuse(404, `no ${stream} of node '${node}' in job '${id}'.`).answer;
      }
      return { status: 200, bytes };
    },
  };
}
