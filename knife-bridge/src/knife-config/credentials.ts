import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { CliError, messageOf } from '../errors.ts';
import { isRecord } from '../job-view.ts';
import type { Places, Surroundings } from './places.ts';

/** One profile of `~/.chef/credentials`. */
export interface Credentials {
  file: string;
  profile: string;
  values: Readonly<Record<string, unknown>>;
}

/** Reads the profile that counts: --profile, then CHEF_PROFILE, then `~/.chef/context`, then `default`. */
export function readCredentials(
  world: Surroundings,
  { dotChef }: Places,
  named?: string,
): Credentials | undefined {
  if (dotChef === undefined) return undefined;
  const file = join(dotChef, 'credentials');
  if (!existsSync(file)) {
    if (named !== undefined) throw absent(file, named);
    return undefined;
  }
  const profile = named ?? world.env['CHEF_PROFILE'] ?? contextOf(dotChef) ?? 'default';
  const profiles = parseToml(file);
  const values = profiles[profile];
  if (isRecord(values)) return { file, profile, values: checked(values, file, profile) };
  if (profile === 'default') return undefined;
  throw new CliError('config', `Profile ${profile} doesn't exist. Please add it to ${file}.`, {
    advice: [`Profiles there: ${Object.keys(profiles).join(', ') || 'none'}.`],
  });
}

/** Without the file knife goes on as somebody else than --profile asked for; a job would start on other nodes. */
function absent(file: string, named: string): CliError {
  return new CliError('config', `Profile ${named} doesn't exist: there is no file ${file}.`, {
    advice: ['Write it, or leave --profile out.'],
  });
}

/** knife takes client_name for the name that signs, and node_name as its older spelling. */
function checked(
  values: Record<string, unknown>,
  file: string,
  profile: string,
): Record<string, unknown> {
  const { client_name: clientName, ...others } = values;
  if (clientName === undefined) return values;
  if ('node_name' in others) {
    throw new CliError(
      'config',
      `Do not specify both node_name and client_name. You should prefer client_name.`,
      { advice: [`They stand in profile ${profile} of ${file}.`] },
    );
  }
  return { ...others, node_name: clientName };
}

function contextOf(dotChef: string): string | undefined {
  const file = join(dotChef, 'context');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

function parseToml(file: string): Record<string, unknown> {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CliError('config', `Unable to parse Credentials file: ${file}\n${messageOf(cause)}`, {
      cause,
    });
  }
}
