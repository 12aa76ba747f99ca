import { readServerMessage } from '@pushy/protocol';
import type { JobOrder, RunnerEvent } from '../core/runner.ts';

/**
 * What a verified body asks of the runner; undefined for `ack` and for what nobody knows. A commit or a run that
 * cannot be read is answered all the same (REFERENCE 16): the server waits for its vote.
 */
export function readOrder(body: Record<string, unknown>): RunnerEvent | undefined {
  const message = readServerMessage(body);
  if (message === undefined) return readBroken(body);
  switch (message.type) {
    case 'ack':
    case 'result_ack':
    case 'removed':
      return undefined;
    case 'abort':
      return { kind: 'abort' };
    case 'run':
      return { kind: 'run', jobId: message.job_id };
    case 'commit': {
      const { user, dir, env, file, run_timeout: runTimeout } = message;
      const order: JobOrder = {
        jobId: message.job_id,
        command: message.command,
        ...(user === undefined ? {} : { user }),
        ...(dir === undefined ? {} : { dir }),
        ...(env === undefined ? {} : { env }),
        ...(file === undefined ? {} : { file }),
        capture: message.capture ?? false,
        ...(runTimeout === undefined ? {} : { runTimeout }),
      };
      return { kind: 'commit', order };
    }
  }
}

/** The job whose result the server has, by a verified `result_ack` (Decision 5). */
export function acknowledgedJob(body: Record<string, unknown>): string | undefined {
  const message = readServerMessage(body);
  return message?.type === 'result_ack' ? message.job_id : undefined;
}

function readBroken(body: Record<string, unknown>): RunnerEvent | undefined {
  const given = body['job_id'];
  const jobId = typeof given === 'string' ? given : null;
  if (body['type'] === 'run') return { kind: 'run', jobId: null };
  if (body['type'] !== 'commit') return undefined;
  if (jobId === null || typeof body['command'] !== 'string') {
    return { kind: 'bad_commit', jobId: null, reason: 'the commit has no job_id or no command' };
  }
  return { kind: 'bad_commit', jobId, reason: 'a member of the commit has the wrong type' };
}
