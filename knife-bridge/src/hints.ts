import type { JobView } from './job-view.ts';

const HINTS: Record<string, string> = {
  nacked:
    "refused the job: the command is not in the node's whitelist, the node is busy, or the user, directory or file is not possible there. The agent's log says which.",
  unavailable:
    'could not be asked: not connected, or resetting after another job. `pushy node status` shows who is there.',
  crashed: 'was lost while the job ran: the agent was stopped or its connection broke.',
  timed_out: 'did not end within the timeout of the job (--timeout).',
  was_ready: 'was ready, but too few others were (--quorum).',
};

/** For a person: what the states of the nodes that did not succeed mean, and where to look next. */
export function hintsFor(job: JobView, jobId: string): string[] {
  const hints = Object.entries(job.nodes).flatMap(([status, names]) => {
    const hint = HINTS[status];
    return hint === undefined || names.length === 0 ? [] : [`${list(names)} ${hint}`];
  });
  const [failed] = job.nodes['failed'] ?? [];
  if (failed !== undefined && job['capture_output'] === true) {
    hints.push(`See why: pushy job output ${jobId} ${failed} --channel stderr`);
  } else if (failed !== undefined) {
    hints.push('Nothing was captured: with --capture the output of the command is kept.');
  }
  const [stopped] = [...(job.nodes['aborted'] ?? []), ...(job.nodes['timed_out'] ?? [])];
  if (stopped !== undefined && job['capture_output'] === true) {
    hints.push(`See what it wrote until it was stopped: pushy job output ${jobId} ${stopped}`);
  }
  return hints;
}

const SHOWN = 3;

function list(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return names.slice(0, SHOWN).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
