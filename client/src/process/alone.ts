import { AgentError } from '../errors.ts';
import type { After } from './file-lock.ts';
import { findInstance, takeInstance, type FoundInstance, type Instance } from './instance-lock.ts';
import { findNode, takeNode, type NodeAgent, type NodeLockPlace } from './node-lock.ts';

/** What keeps other agents out while this one lives. */
export interface Alone {
  /** Why one could come in all the same; undefined: none can. */
  readonly unguarded?: string;
  readonly release: () => void;
}

/**
 * Takes both locks of an agent: that of its state directory, and that of its node on this host. A second agent of the
 * node would take its connection, again and again; throws, with a word on who is there.
 */
export async function beAlone(
  agent: NodeAgent,
  place: NodeLockPlace,
  after: After,
): Promise<Alone> {
  const state = refuseOther(agent, await takeInstance(agent.stateDir, after));
  try {
    const node = refuseOther(agent, await takeNode(agent, place, after));
    const why = [state, node].find((lock) => lock.kind === 'unguarded')?.why;
    return {
      ...(why === undefined ? {} : { unguarded: why }),
      release: () => {
        release(node);
        release(state);
      },
    };
  } catch (error) {
    release(state);
    throw error;
  }
}

/** Looks for the agent of a node on this host; `stateDir` of one that has another than this configuration says. */
export async function findAgent(
  agent: NodeAgent,
  place: NodeLockPlace,
  after: After,
): Promise<FoundInstance> {
  const own = await findInstance(agent.stateDir, after);
  if (own.kind === 'other') return own;
  const other = await findNode(agent, place, after);
  return other.kind === 'other' ? other : own;
}

function refuseOther(
  { nodeName }: NodeAgent,
  instance: Instance,
): Exclude<Instance, { kind: 'other' }> {
  if (instance.kind !== 'other') return instance;
  const { pid, file, stateDir } = instance;
  const who = pid === undefined ? 'another agent' : `process ${pid}`;
  const where = stateDir === undefined ? '' : `, with the state directory ${stateDir}`;
  const what = `${who} is the agent of the node ${nodeName} on this host${where} (it holds ${file})`;
  const advice = 'stop it first; an agent of another node needs a node_name of its own';
  throw new AgentError('already_running', `${what}: ${advice}`);
}

function release(lock: Exclude<Instance, { kind: 'other' }>): void {
  if (lock.kind === 'alone') lock.release();
}
