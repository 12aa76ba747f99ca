import type { AgentSays } from '../../helpers/scripted-server.ts';

/** One message of an agent as it stood on the wire, with what differs from run to run replaced. */
export interface Reply {
  /** Signature header. */
  readonly header: string;
  /** Members in their order, values normalised. */
  readonly members: readonly (readonly [name: string, value: unknown])[];
}

/** A date as every body has it (REFERENCE 15.5). */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Makes the reader of one agent's messages; it holds numbers and the incarnation against those before. */
export function makeReader(paths: Readonly<Record<string, string>>): (says: AgentSays) => Reply {
  let incarnation: unknown;

  function normal(name: string, value: unknown): unknown {
    if (typeof value !== 'string') return name === 'sequence' ? typeof value : value;
    if (name === 'timestamp') return HTTP_DATE.test(value) ? '<DATE>' : value;
    if (name === 'incarnation_id') {
      incarnation ??= value;
      return UUID.test(value) && value === incarnation ? '<UUID>' : value;
    }
    let text = value;
    for (const [mark, path] of Object.entries(paths)) text = text.replaceAll(path, mark);
    return text;
  }

  return ({ header, text }) => ({
    header: header.replace(/Signature:[A-Za-z0-9+/]{43}=$/, 'Signature:<44>'),
    members: Object.entries(JSON.parse(text) as object).map(
      ([name, value]) => [name, normal(name, value)] as const,
    ),
  });
}

/** A reply in a few words: its type, the last letter of its job, what it carries. */
export function inShort({ members }: Reply): string {
  const { type, job_id, job_state, stdout, stderr } = Object.fromEntries(members);
  const job = typeof job_id === 'string' ? job_id.slice(-1) : String(job_id);
  const output = [stdout, stderr]
    .filter((stream) => typeof stream === 'string')
    .map((stream) => (typeof job_id === 'string' ? stream.replaceAll(job_id, '<JOB>') : stream));
  return [type, ...(job_state === undefined ? [] : [job_state]), job, ...output.map(quote)].join(
    ' ',
  );
}

/** A long text by its beginning and by what it takes as JSON. */
function quote(text: string): string {
  const json = JSON.stringify(text);
  return json.length > 65_536
    ? `with ${json.length} bytes`
    : json.length > 80
      ? `"${text[0]}..."`
      : json;
}
