import { setTimeout as sleep } from 'node:timers/promises';
import { isFinished, type Job } from '@pushy/protocol';
import type { Signer } from 'mixlib-authentication-ts';
import { sendSigned } from '../helpers/http.ts';
import type { Dice } from './dice.ts';

/** A job that was asked for. */
export interface PostedJob {
  readonly id: string;
  readonly nodes: readonly string[];
  /** What its runs end with. */
  readonly exit: 0 | 3;
  /** As it was shown when it had ended, if somebody saw that before the kill. */
  ended?: Job;
}

/** Posts jobs for nodes that are idle, follows them to their end, and goes on until it is stopped. */
export interface Load {
  /** Jobs that were answered with 201. */
  readonly acknowledged: readonly PostedJob[];
  /** Requests that were answered with anything else, or not at all. */
  refused(): number;
  /** Posts nothing more; resolves when everybody has heard of it. */
  stop(): Promise<void>;
}

/** Where the load is put. */
export interface LoadSettings {
  readonly port: number;
  readonly signer: Signer;
  readonly dice: Dice;
  /** Each group of nodes has one job after the other. */
  readonly groups: readonly (readonly string[])[];
}

const path = '/organizations/acme/pushy/jobs';
/** Milliseconds after a request that was not answered well, and between two looks. */
const pause = 100;

/** Starts a load. */
export function startLoad({ port, signer, dice, groups }: LoadSettings): Load {
  const acknowledged: PostedJob[] = [];
  let refused = 0;
  let stopped = false;

  async function work(nodes: readonly string[]): Promise<void> {
    while (!stopped) {
      const job = await post(nodes);
      if (job === undefined) {
        refused += 1;
        await sleep(pause);
      } else {
        acknowledged.push(job);
        await follow(job);
      }
    }
  }

  /** Undefined: not answered with 201, and nobody knows whether there is a job. */
  async function post(nodes: readonly string[]): Promise<PostedJob | undefined> {
    const exit = dice.chance(0.2) ? 3 : 0;
    const body = JSON.stringify({
      command: 'mark',
      nodes,
      quorum: dice.chance(0.3) ? 1 : nodes.length,
      run_timeout: 20,
      capture_output: dice.chance(0.5),
      env: { PAUSE: String(dice.pick([0, 0.1, 0.5, 2, 4])), EXIT: String(exit) },
    });
    const headers = { 'content-type': 'application/json' };
    const what = { port, method: 'POST', path, headers, body };
    const answer = await sendSigned(signer, what).catch(() => undefined);
    if (answer?.status !== 201) return undefined;
    const { uri } = JSON.parse(answer.body) as { uri: string };
    return { id: uri.slice(-32), nodes, exit };
  }

  async function follow(job: PostedJob): Promise<void> {
    while (!stopped) {
      const what = { port, path: `${path}/${job.id}` };
      const answer = await sendSigned(signer, what).catch(() => undefined);
      if (answer?.status === 200) {
        const shown = JSON.parse(answer.body) as Job;
        if (isFinished(shown.status)) {
          job.ended = shown;
          return;
        }
      }
      await sleep(pause);
    }
  }

  const working = groups.map(work);
  return {
    acknowledged,
    refused: () => refused,
    stop: async () => {
      stopped = true;
      await Promise.all(working);
    },
  };
}
