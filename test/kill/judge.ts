import { isDeepStrictEqual } from 'node:util';
import { isFinished, isSettled, type Job, type NodesByStatus } from '@pushy/protocol';
import type { Load, PostedJob } from './load.ts';
import type { KillWorld } from './world.ts';

/** What became of the jobs of one round. */
export interface Judgement {
  /** Jobs in the database; more than were acknowledged, when the answer was lost. */
  readonly jobs: number;
  readonly acknowledged: number;
  /** Requests that were not answered with 201. */
  readonly refused: number;
  /** Runs of a node, counted outside of the product. */
  readonly runs: number;
  /** Runs whose node did not end with their result: settled by rule. */
  readonly lostResults: number;
  /** Jobs that ended otherwise than they should, for an agent of the reference that is deaf. */
  readonly deafened: number;
  /** How many jobs ended how. */
  readonly ends: Readonly<Record<string, number>>;
  /** What must not be; empty when all is well. */
  readonly problems: string[];
}

/** How a node may stand that has run: by its result, or by rule when nobody could hear of that any more. */
const afterRun = new Set(['succeeded', 'failed', 'crashed', 'timed_out']);

/** What is judged. */
export interface Case {
  readonly world: KillWorld;
  readonly load: Load;
  /** Jobs of the rounds before. */
  readonly before: ReadonlySet<string>;
  /** Nodes whose agent cannot hear any more, for a bug of its own. */
  readonly deaf: readonly string[];
  /** Nodes whose result may have come to a server that was killed before it was durable. */
  readonly mayLose: readonly string[];
}

/** Holds what the server says of every job of this round against what it promised and what was run. */
export async function judge({ world, load, before, deaf, mayLose }: Case): Promise<Judgement> {
  const problems: string[] = [];
  const listed = (await world.jobs()).map(({ id }) => id).filter((id) => !before.has(id));
  const known = new Set(listed);
  const posted = new Map(load.acknowledged.map((job) => [job.id, job]));
  for (const id of posted.keys()) {
    if (!known.has(id)) problems.push(`job ${id} was acknowledged and is lost`);
  }
  const runs = await runsOfRound(world, before);
  for (const [key, count] of runs) {
    if (count > 1) problems.push(`${key}: run ${count} times`);
    if (!known.has(key.slice(0, 32))) problems.push(`${key}: run, but there is no such job`);
  }
  const ends: Record<string, number> = {};
  let lostResults = 0;
  let deafened = 0;
  for (const id of listed) {
    const job = await world.job(id);
    if (job === undefined) {
      problems.push(`job ${id} is listed and not found`);
      continue;
    }
    ends[job.status] = (ends[job.status] ?? 0) + 1;
    const lost = judgeJob(job, posted.get(id), runs, problems);
    lostResults += lost.length;
    for (const node of lost) {
      if (mayLose.includes(node) || deaf.includes(node)) continue;
      problems.push(`job ${id} has lost the result of ${node}`);
    }
    const hindered = hinderedIn(job, runs);
    if (job.status === 'complete' && hindered.length === 0) continue;
    if (hindered.some((node) => deaf.includes(node))) deafened += 1;
    // Decision 3: a restart ends no job. One whose requester was told that the database is away must not run.
    else if (posted.has(id) || ranAnywhere(job, runs)) {
      problems.push(`job ${id} (${job.status}) did not go on: ${JSON.stringify(job.nodes)}`);
    }
  }
  return {
    jobs: listed.length,
    acknowledged: posted.size,
    refused: load.refused(),
    runs: runs.size,
    lostResults,
    deafened,
    ends,
    problems,
  };
}

async function runsOfRound(
  world: KillWorld,
  before: ReadonlySet<string>,
): Promise<Map<string, number>> {
  const all = await world.marks.count();
  return new Map([...all].filter(([key]) => !before.has(key.slice(0, 32))));
}

/** Adds what is wrong with one job; answers the nodes whose results were lost. */
function judgeJob(
  job: Job,
  posted: PostedJob | undefined,
  runs: ReadonlyMap<string, number>,
  problems: string[],
): string[] {
  const complain = (what: string): void => {
    problems.push(`job ${job.id} (${job.status}): ${what}`);
  };
  if (!isFinished(job.status)) complain('it is still in flight');
  const lost: string[] = [];
  for (const [status, names] of Object.entries(job.nodes) as [keyof NodesByStatus, string[]][]) {
    for (const node of names) {
      const ran = runs.has(`${job.id} ${node}`);
      if (!isSettled(status)) complain(`${node} is ${status}`);
      if (ran && !afterRun.has(status)) complain(`${node} has run and is ${status}`);
      if (ran && (status === 'crashed' || status === 'timed_out')) lost.push(node);
      if (status === 'succeeded' || status === 'failed') {
        if (!ran) complain(`${node} is ${status} and has not run`);
        if (posted !== undefined && status !== (posted.exit === 0 ? 'succeeded' : 'failed')) {
          complain(`${node} ended with ${posted.exit} and is ${status}`);
        }
      }
    }
  }
  // Decision 1: an end that was shown is durable.
  if (posted?.ended !== undefined && !isDeepStrictEqual(sorted(posted.ended), sorted(job))) {
    complain(`it was shown as ${JSON.stringify(posted.ended)}, now it is ${JSON.stringify(job)}`);
  }
  return lost;
}

/** The nodes that did not bring the job to an end of theirs: without a run, or by the run timer. */
function hinderedIn({ id, nodes }: Job, runs: ReadonlyMap<string, number>): string[] {
  return Object.entries(nodes).flatMap(([status, names]) => {
    if (status === 'succeeded' || status === 'failed') return [];
    return names.filter((node) => status !== 'crashed' || !runs.has(`${id} ${node}`));
  });
}

function ranAnywhere(job: Job, runs: ReadonlyMap<string, number>): boolean {
  return [...runs.keys()].some((key) => key.startsWith(job.id));
}

function sorted(job: Job): object {
  const nodes = Object.entries(job.nodes).map(([status, names]) => [status, names.toSorted()]);
  return { ...job, nodes: Object.fromEntries(nodes) as object };
}
