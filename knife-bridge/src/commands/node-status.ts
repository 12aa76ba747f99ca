import type { Api } from '../api.ts';
import { segment } from '../api.ts';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { isRecord } from '../job-view.ts';
import { searchNodes } from '../search.ts';
import type { Session } from '../session.ts';

/** Prints whether nodes take jobs: those named, those that a query (with a colon) finds, or all connected ones. */
export async function nodeStatus(session: Session, args: readonly string[]): Promise<number> {
  const api = session.api();
  const states = args.length === 0 ? await all(api) : await some(api, args);
  for (const state of states) {
    session.terminal.out(`${text(state, 'node_name')}\t${text(state, 'availability')}\n`);
  }
  return EXIT.ok;
}

async function all(api: Api): Promise<unknown[]> {
  const path = 'pushy/node_states';
  const states = await api.get(path);
  if (Array.isArray(states)) return [...(states as unknown[])];
  throw new CliError('answer', `${path} answered something that is not a list of nodes`);
}

async function some(api: Api, args: readonly string[]): Promise<unknown[]> {
  const states: unknown[] = [];
  for (const arg of args) {
    const names = arg.includes(':') ? await searchNodes(api, arg) : [arg];
    for (const name of names) states.push(await api.get(`pushy/node_states/${segment(name)}`));
  }
  return states;
}

function text(state: unknown, name: string): string {
  const value = isRecord(state) ? state[name] : undefined;
  return typeof value === 'string' ? value : '';
}
