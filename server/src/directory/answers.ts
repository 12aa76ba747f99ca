import { ServerError } from '../errors.ts';
import type { ChefAnswer } from './chef-api.ts';

/** Plain JSON objects of the Chef API. */
export type Fields = Readonly<Record<string, unknown>>;

/** The object of an answer; undefined for 404. Every other answer is a failure (REFERENCE 3 step 8). */
export function objectOf(answer: ChefAnswer, what: string): Fields | undefined {
  if (answer.status === 404) return undefined;
  if (answer.status === 200 && isFields(answer.body)) return answer.body;
  throw failure(answer, what);
}

/** The array of an answer; undefined for 404. */
export function arrayOf(answer: ChefAnswer, what: string): readonly unknown[] | undefined {
  if (answer.status === 404) return undefined;
  if (answer.status === 200 && Array.isArray(answer.body)) return answer.body as unknown[];
  throw failure(answer, what);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function failure(answer: ChefAnswer, what: string): ServerError {
  return new ServerError(
    'directory_failed',
    answer.status === 200
      ? `the Chef server's answer about ${what} has a shape that is not known`
      : `the Chef server answered ${answer.status} when asked about ${what}`,
  );
}
