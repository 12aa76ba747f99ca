/**
 * What server and agent may agree on beyond the protocol of the reference (Decision 5). An agent names what it can do
 * in the query of its config request (`capabilities=a,b`); the answer has the member `capabilities` with those that
 * hold from then on, also over a restart of the server, until the agent asks for its configuration again. Whoever asks
 * for none gets the protocol of the reference to the byte.
 *
 * `result_ack`: the server answers a result (`succeeded`, `failed`) with `{"type": "result_ack", "job_id": …}` once it
 * is durable, also for a job that it does not know (any more). Until then the agent keeps the result, over a restart
 * of its own as well, and
 * - sends it again on every new connection, and every few heartbeats on the same one;
 * - names the job in its heartbeats (`job_state` `running`): two idle heartbeats in a row say that it has no result;
 * - does not drop it because of an `abort` that comes after the run has ended: that is answered with `aborted`.
 *
 * `run_timeout`: a `commit` has the member `run_timeout` of its job, in seconds. The server ends a run after that time
 * as ever, by `abort`. Where no abort comes, for the server is away, the agent ends the processes by itself a little
 * later; to the server it says no more than before: that the job runs. For the job's end is the server's to say (the
 * node is `timed_out`), and its abort is answered with `aborted`.
 *
 * `removal`: a node that is removed at the server while it is connected is told so, by `{"type": "removed"}`: nothing
 * that it says there counts any more. The agent asks for its configuration again, until it gets one.
 *
 * `stopped_output`: the server keeps what a run had written that it has ended by `abort`: where the job wants its output,
 * the agent's `aborted` names the job and has `stdout` and `stderr`, as a result has. It is said once.
 */
export const CAPABILITIES = ['result_ack', 'run_timeout', 'removal', 'stopped_output'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** What a config request asks for; names that nobody knows are ignored. */
export function parseCapabilities(text: string): Capability[] {
  const asked = new Set(text.split(',').map((name) => name.trim()));
  return CAPABILITIES.filter((name) => asked.has(name));
}
