import { isRecord, type JobView } from './job-view.ts';

/** A job as its events show it: good enough to look at while it goes on. */
export interface JobPicture {
  view(): JobView;
  /** `data` is the event's data, read. */
  apply(name: string, data: unknown): void;
}

/** The status of a node after its vote (REFERENCE 9.1, 12.1); every other word: it is out. */
const VOTED: Readonly<Record<string, string>> = {
  success: 'ready',
  unexpected_commit: 'ready',
  failure: 'nacked',
  aborted: 'aborted',
};
/** The status of a node after its run (REFERENCE 9.1, 12.2); every other word: it crashed. */
const RAN: Readonly<Record<string, string>> = {
  success: 'succeeded',
  failure: 'failed',
  run_nacked: 'failed',
  run_nacked_while_running: 'failed',
  aborted: 'aborted',
};

/** Begins with a look at the job; the events may begin before or behind it. */
export function makeJobPicture(job: JobView): JobPicture {
  let status = job.status;
  const nodes = new Map(
    Object.entries(job.nodes).flatMap(([state, names]) =>
      names.map((name): [string, string] => [name, state]),
    ),
  );

  return {
    view() {
      const byStatus: Record<string, string[]> = {};
      for (const [name, state] of nodes) (byStatus[state] ??= []).push(name);
      return { ...job, status, nodes: byStatus };
    },
    apply(name, data) {
      const node = isRecord(data) && typeof data['node'] === 'string' ? data['node'] : undefined;
      const word = isRecord(data) ? String(data['status']) : '';
      if (name === 'start') {
        status = 'voting';
        for (const each of nodes.keys()) nodes.set(each, 'new');
      } else if (name === 'quorum_succeeded') status = 'running';
      else if (node === undefined) return;
      else if (name === 'quorum_vote') nodes.set(node, VOTED[word] ?? 'unavailable');
      else if (name === 'run_start') nodes.set(node, 'running');
      else if (name === 'run_complete') nodes.set(node, RAN[word] ?? 'crashed');
      // A node that is sent to rehab before it runs has withdrawn; one that runs is told of by run_complete.
      else if (name === 'rehab' && status !== 'running') nodes.set(node, 'unavailable');
    },
  };
}
