import { CliError } from './errors.ts';

/** A job as a server showed it: all its members, of which these two are relied on (REFERENCE 8.5, 18). */
export interface JobView extends Readonly<Record<string, unknown>> {
  readonly status: string;
  readonly nodes: Readonly<Record<string, readonly string[]>>;
}

/** True for an object that is not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for an array of texts. */
export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isJob(value: unknown): value is JobView {
  return (
    isRecord(value) &&
    typeof value['status'] === 'string' &&
    isRecord(value['nodes']) &&
    Object.values(value['nodes']).every(isTexts)
  );
}

/** The job in an answer; throws when the answer is something else. */
export function readJob(answer: unknown, path: string): JobView {
  if (isJob(answer)) return answer;
  throw new CliError('answer', `${path} answered something that is not a job`, {
    advice: ['Is chef_server_url the address of a Chef server with Push Jobs behind it?'],
  });
}

/** How many nodes the job has. */
export function nodeCount(job: JobView): number {
  return Object.values(job.nodes).reduce((sum, names) => sum + names.length, 0);
}
