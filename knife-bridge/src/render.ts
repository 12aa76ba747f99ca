import { CliError } from './errors.ts';
import { isRecord, nodeCount, type JobView } from './job-view.ts';
import type { Paint } from './terminal.ts';
import { textFormat } from './text-format.ts';

const FORMATS = ['summary', 'text', 'json'] as const;
export type Format = (typeof FORMATS)[number];

/** The format that `-F` names; its first letter is enough, as in knife. */
export function readFormat(text: string): Format {
  const format = text === '' ? undefined : FORMATS.find((name) => name.startsWith(text.charAt(0)));
  if (format !== undefined) return format;
  throw new CliError('usage', `Unknown output format '${text}': take ${FORMATS.join(', ')}.`);
}

/** The words for a job or a list of jobs, ended by a newline. */
export function renderData(data: unknown, format: Format, paint: Paint): string {
  const text = format === 'json' ? jsonFormat(data, '') : textFormat(data, paint);
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** JSON as knife writes it: two blanks a level, and an empty line inside what is empty. */
function jsonFormat(data: unknown, margin: string): string {
  const inner = `${margin}  `;
  const wrap = (open: string, items: string[], close: string): string =>
    `${open}\n${items.map((item) => inner + item).join(',\n')}\n${margin}${close}`;
  if (Array.isArray(data)) {
    return wrap(
      '[',
      data.map((item) => jsonFormat(item, inner)),
      ']',
    );
  }
  if (!isRecord(data)) return JSON.stringify(data);
  const members = Object.entries(data);
  return wrap(
    '{',
    members.map(([name, value]) => `${JSON.stringify(name)}: ${jsonFormat(value, inner)}`),
    '}',
  );
}

const UNDECIDED: ReadonlySet<string> = new Set(['new', 'voting', 'running']);

/** The line of a job's state in plain output, word for word as knife-push prints it. */
export function stateLine(job: JobView): string {
  if (job.status === 'new') return 'Initialized.';
  if (job.status !== 'running') return `${capitalize(job.status)}.`;
  // knife-push counts the statuses that are in progress, not the nodes. Scripts compare the line, so it stays;
  // a terminal shows the true counts (statusLine).
  const inProgress = Object.keys(job.nodes).filter((status) => UNDECIDED.has(status)).length;
  return `Running (${inProgress}/${nodeCount(job)} in progress) ...`;
}

/** The line of a job's state on a terminal: `Running: 2 running, 1 succeeded (12 s)`. */
export function statusLine(job: JobView, seconds: number): string {
  const counts = Object.entries(job.nodes).map(([status, names]) => `${names.length} ${status}`);
  const of = counts.length === 0 ? '' : `: ${counts.join(', ')}`;
  return `${capitalize(job.status)}${of} (${seconds} s)`;
}

/** True when the job will not change any more (REFERENCE 18: any status but these). */
export function isOver(job: JobView): boolean {
  return !UNDECIDED.has(job.status);
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}
