import type { Api } from '../api.ts';
import { segment } from '../api.ts';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { isRecord } from '../job-view.ts';
import { renderData } from '../render.ts';
import { searchNodes } from '../search.ts';
import type { Session } from '../session.ts';

/** Options of `node status`. */
export interface NodeStatusFlags {
  detail?: boolean;
}

/**
 * Prints whether nodes take jobs: those named, those that a query (with a colon) finds, or all connected ones.
 * With `detail` the whole organization, each node with when it was heard and what it does.
 */
export async function nodeStatus(
  session: Session,
  args: readonly string[],
  flags: NodeStatusFlags,
): Promise<number> {
  const api = session.api();
  if (flags.detail === true) return details(session, api, args);
  const states = args.length === 0 ? await all(api) : await some(api, args);
  if (session.format === 'json') return asJson(session, states);
  for (const state of states) {
    session.terminal.out(`${text(state, 'node_name')}\t${text(state, 'availability')}\n`);
  }
  return EXIT.ok;
}

async function details(session: Session, api: Api, args: readonly string[]): Promise<number> {
  const every = await all(api, '?detail=true');
  const wanted = args.length === 0 ? undefined : new Set(await namesOf(api, args));
  const states = every.filter((state) => wanted?.has(text(state, 'node_name')) ?? true);
  for (const name of wanted ?? []) {
    // A name that is no node object may be connected all the same, or never was anything.
    if (states.some((state) => text(state, 'node_name') === name)) continue;
    states.push(await api.get(`pushy/node_states/${segment(name)}`));
  }
  if (session.format === 'json') return asJson(session, states);
  for (const state of states) {
    const heard = text(state, 'last_heartbeat_at');
    const doing = [text(state, 'job_state'), text(state, 'job_id')].filter((word) => word !== '');
    const words = ['node_name', 'availability', 'status'].map((name) => text(state, name));
    session.terminal.out(
      `${[...words, heard === '' ? 'never heard' : heard, doing.join(' ')].join('\t').trimEnd()}\n`,
    );
  }
  return EXIT.ok;
}

function asJson({ terminal, format, paint }: Session, states: readonly unknown[]): number {
  terminal.out(renderData(states, format, paint));
  return EXIT.ok;
}

async function all(api: Api, query = ''): Promise<unknown[]> {
  const path = `pushy/node_states${query}`;
  const states = await api.get(path);
  if (Array.isArray(states)) return [...(states as unknown[])];
  throw new CliError('answer', `${path} answered something that is not a list of nodes`);
}

async function some(api: Api, args: readonly string[]): Promise<unknown[]> {
  const states: unknown[] = [];
  for (const name of await namesOf(api, args)) {
    states.push(await api.get(`pushy/node_states/${segment(name)}`));
  }
  return states;
}

async function namesOf(api: Api, args: readonly string[]): Promise<string[]> {
  const names: string[] = [];
  for (const arg of args) names.push(...(arg.includes(':') ? await searchNodes(api, arg) : [arg]));
  return names;
}

function text(state: unknown, name: string): string {
  const value = isRecord(state) ? state[name] : undefined;
  return typeof value === 'string' ? value : '';
}
