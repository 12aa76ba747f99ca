import assert from 'node:assert/strict';
import { RubyConfigError, toPlain, type ReadOptions } from '@pushy/ruby-config';
import { readText } from '../../helpers/ruby-config.ts';

/** What a text sets, as plain data. */
export async function settings(
  source: string,
  options: Partial<ReadOptions> = {},
): Promise<Record<string, unknown>> {
  const config = await readText(source, options);
  return Object.fromEntries(
    [...config.settings].map(([name, { value }]) => [name, toPlain(value)]),
  );
}

/** The error that refuses a text. */
export async function refusal(
  source: string,
  options: Partial<ReadOptions> = {},
): Promise<RubyConfigError> {
  try {
    await readText(source, options);
  } catch (error) {
    assert.ok(error instanceof RubyConfigError, String(error));
    return error;
  }
  return assert.fail(`read: ${source}`);
}
