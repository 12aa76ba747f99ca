import type { Side } from './side.ts';

/** One thing that both agents are put through; they reply the same. */
export interface Play {
  readonly title: string;
  /** Plays it; `id` makes a job id of this play. */
  readonly act: (side: Side, id: (letter: string) => string) => Promise<void>;
}

/** A play where they reply differently, which is wanted. */
export interface Difference extends Play {
  /** Of REFERENCE 19; `beyond 19:` where its table has none. */
  readonly rule: string;
  /** What comes, in short. */
  readonly reference: readonly string[];
  readonly ours: readonly string[];
}

/** Commits a job, runs it where it was accepted, and waits for its end. */
export function job(title: string, command: string, more: object = {}): Play {
  return {
    title,
    act: async (side, id) => {
      await side.commit(id('a'), command, { dir: side.work, capture: true, ...more });
      const { body } = await side.next('ack_commit', 'nack_commit');
      if (body['type'] === 'nack_commit') return;
      await side.run(id('a'));
      await side.next('succeeded', 'failed', 'aborted');
    },
  };
}

/** Runs a job that waits in a directory of this play, up to where it waits. */
export async function startWaiting(
  side: Side,
  jobId: string,
  command: 'wait' | 'stubborn' = 'wait',
): Promise<void> {
  await side.clear('ready', 'go');
  await side.commit(jobId, command, { dir: side.work });
  await side.next('ack_commit');
  await side.run(jobId);
  await side.next('ack_run');
  await side.file('ready');
}
