import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  nearestName,
  readRubyConfig,
  RubyConfigError,
  toPlain,
  type RubyConfig,
  type Setting,
} from '@pushy/ruby-config';
import {
  KEYS,
  NESTED,
  OBJECT,
  OTHER_OBJECTS,
  REFUSED,
  spelled,
  WITHOUT_EFFECT,
} from './setting-names.ts';
import type { SettingKey } from './settings.ts';

export interface ConfigSources {
  /** A file that must exist. Without it the default file is read if there is one. */
  file?: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** Where the packages of the original keep it (ADDON B.4). */
export const DEFAULT_CONFIG_FILE = '/etc/opscode-push-jobs-server/opscode-push-jobs-server.rb';
/** What the original ran with, beside its file: `{"pushy": {"opscode-pushy-server": {…}}}` (ADDON A.6). */
const RUNNING_FILE = 'opscode-push-jobs-server-running.json';

const ENV_PREFIX = 'PUSHY_';

/** A value and where it stands, for messages. */
export interface Given {
  value: unknown;
  place: string;
}

/** What file and environment say; the environment counts above the file. */
export interface Gathered {
  given: Map<SettingKey, Given>;
  /** What keeps the server from starting. */
  problems: string[];
  warnings: string[];
}

/** Reads the file, then the environment above it. */
export async function gather({ file, env }: ConfigSources): Promise<Gathered> {
  const gathered: Gathered = { given: new Map(), problems: [], warnings: [] };
  const { problems, warnings } = gathered;
  const path = resolve(file ?? DEFAULT_CONFIG_FILE);
  const ruby = await readRuby(path, file !== undefined, env, problems);
  for (const { file: at, line, message } of ruby?.warnings ?? []) {
    const mistyped = refusalOfMistyped(`${at}:${line}`, message);
    if (mistyped === undefined) warnings.push(`${at}:${line}: ${message}`);
    else problems.push(mistyped);
  }
  await adopt(join(dirname(path), RUNNING_FILE), gathered);
  for (const [name, setting] of namedIn(ruby)) take(name, givenBy(setting), gathered);
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(ENV_PREFIX) || value === undefined) continue;
    const name = variable.slice(ENV_PREFIX.length).toLowerCase();
    take(name, { value, place: variable }, gathered);
  }
  return gathered;
}

async function readRuby(
  path: string,
  mustExist: boolean,
  env: ConfigSources['env'],
  problems: string[],
): Promise<RubyConfig | undefined> {
  let source: string;
  try {
    source = await readFile(path, 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' && !mustExist) return undefined;
    problems.push(`the configuration file ${path} cannot be read: ${reasonOf(cause)}`);
    return undefined;
  }
  try {
    return await readRubyConfig(source, {
      file: path,
      env,
      relevant: new Set([OBJECT, ...OTHER_OBJECTS, ...KEYS.keys(), ...Object.keys(REFUSED)]),
      objects: [OBJECT, ...OTHER_OBJECTS],
      readFile: includedFile,
    });
  } catch (cause) {
    if (!(cause instanceof RubyConfigError)) throw cause;
    problems.push(cause.message);
    return undefined;
  }
}

/**
 * A name that nobody knows, in a file that holds settings of this server alone, is a mistyped one (Ruby would
 * have stopped there as well): with it skipped, the server would run with other ports, keys and data.
 */
function refusalOfMistyped(place: string, warning: string): string | undefined {
  const name = /^skipped: [`'](\w+)[`'] is neither quoted nor set above/.exec(warning)?.[1];
  if (name === undefined) return undefined;
  return `${place}: ${name} is no name that this server knows. Settings are written ${OBJECT}['name'] = value.`;
}

function includedFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // the reader says which line asked for it
  }
}

/** Decision 10: an installation of the original that was taken over keeps the heartbeats that it ran with. */
async function adopt(path: string, { given, warnings }: Gathered): Promise<void> {
  let value: unknown;
  try {
    const running: unknown = JSON.parse(await readFile(path, 'utf8'));
    value = member(member(member(running, 'pushy'), 'opscode-pushy-server'), 'heartbeat_interval');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return;
    warnings.push(
      `${path} cannot be read: ${reasonOf(cause)}. The heartbeat_interval that it may name is not adopted`,
    );
    return;
  }
  if (value !== undefined) given.set('heartbeatInterval', { value, place: path });
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value as unknown;
}

/** The bare names of the original's documentation, then the hash, which is what the original obeyed (ADDON B.4). */
function namedIn(ruby: RubyConfig | undefined): (readonly [string, Setting])[] {
  if (ruby === undefined) return [];
  return [
    ...[...ruby.settings].filter(([name]) => !ruby.objects.has(name)),
    ...OTHER_OBJECTS.flatMap((object) =>
      [...(ruby.objects.get(object) ?? [])].map(
        ([name, setting]) => [`${object}_${name}`, setting] as const,
      ),
    ),
    ...(ruby.objects.get(OBJECT) ?? []),
  ];
}

function givenBy({ value, file, line }: Setting): Given {
  return { value: toPlain(value), place: `${file}:${line}` };
}

function take(name: string, { value, place }: Given, gathered: Gathered): void {
  const { given, problems, warnings } = gathered;
  if (name === NESTED) {
    takeNested({ value, place }, gathered);
    return;
  }
  const key = KEYS.get(name);
  if (key !== undefined) given.set(key, { value, place });
  else if (Object.hasOwn(REFUSED, name)) {
    problems.push(
      `${place}: ${name} is not supported: ${REFUSED[name] ?? ''}. Remove the setting.`,
    );
  } else if (Object.hasOwn(WITHOUT_EFFECT, name)) {
    warnings.push(`${place}: ${spelled(name)} has no effect: ${WITHOUT_EFFECT[name] ?? ''}`);
  } else warnings.push(`${place}: the setting ${spelled(name)} is not known${meant(name)}`);
}

function meant(name: string): string {
  const nearest = nearestName(name, [...KEYS.keys(), NESTED]);
  return nearest === undefined ? '' : `: is ${spelled(nearest)} meant?`;
}

/** `log_rotation = { 'num_to_keep' => 20 }` */
function takeNested({ value, place }: Given, gathered: Gathered): void {
  if (value === null) return;
  if (typeof value !== 'object' || Array.isArray(value)) {
    gathered.problems.push(`${place}: ${NESTED} must be a hash such as { 'num_to_keep' => 10 }`);
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    take(`${NESTED}_${name}`, { value: inner, place }, gathered);
  }
}

/** Why a file could not be read, for people. */
export function reasonOf(cause: unknown): string {
  switch (codeOf(cause)) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EISDIR':
      return 'it is a directory';
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}
