import { CAUSES, type CauseName } from './causes.ts';

/** What one check found. */
export interface Check {
  readonly check: string;
  /** `unknown`: nobody here can say. */
  readonly status: 'ok' | 'failed' | 'unknown' | 'skipped';
  readonly detail: string;
  readonly cause?: CauseName;
}

/** All that the doctor found. */
export interface Report {
  readonly node?: string;
  readonly server?: string;
  readonly checks: readonly Check[];
  /** The agent that runs hears its server, and the server does not deny it. */
  readonly isConnected?: boolean;
}

/** With these the node is available. */
const HARMLESS: ReadonlySet<CauseName> = new Set(['agent_elsewhere', 'whitelist_misnamed']);

/** The first cause that was found; a whitelist keeps no node from being available, so it comes after all others. */
function firstCause({ checks }: Report): CauseName | undefined {
  const causes = checks.flatMap(({ cause }) => cause ?? []);
  return causes.find((cause) => cause !== 'whitelist_misnamed') ?? causes[0];
}

/** Why the node is not available, or not as it should be; undefined for one that is, as far as can be told. */
function verdict(report: Report): CauseName | undefined {
  const cause = firstCause(report);
  if (cause === undefined || report.isConnected !== true || HARMLESS.has(cause)) return cause;
  return 'restart_would_fail';
}

/** Whether the node is available, with or without the agent that this configuration is for. */
function isAvailable(cause: CauseName | undefined): boolean {
  return cause === undefined || cause === 'restart_would_fail' || HARMLESS.has(cause);
}

/** 0, or the exit code of the cause. */
export function exitCode(report: Report): number {
  const cause = verdict(report);
  return cause === undefined ? 0 : CAUSES[cause].exitCode;
}

/** For people. */
export function renderText(report: Report): string {
  const { node, server } = report;
  const head = node === undefined ? [] : [`node ${node} of ${server ?? 'no server'}`, ''];
  const width = Math.max(...report.checks.map(({ check }) => check.length));
  const lines = report.checks.map(
    ({ check, status, detail }) => `${status.padEnd(8)} ${check.padEnd(width)}  ${detail}`,
  );
  const cause = verdict(report);
  const opinion = `This node is ${isAvailable(cause) ? '' : 'not '}available`;
  const last =
    cause === undefined
      ? `${opinion}.`
      : `${opinion}: ${CAUSES[cause].sentence}${broken(report)} (${cause}, exit code ${CAUSES[cause].exitCode})`;
  return `${[...head, ...lines, '', last].join('\n')}\n`;
}

/** What a connected agent would meet at its next start. */
function broken(report: Report): string {
  const cause = firstCause(report);
  if (verdict(report) !== 'restart_would_fail' || cause === undefined) return '';
  return ` ${CAUSES[cause].sentence} (${cause})`;
}

/** For programs. */
export function renderJson(report: Report): string {
  const cause = verdict(report);
  const { node = null, server = null, checks } = report;
  const all = {
    node,
    server,
    available: isAvailable(cause),
    cause: cause ?? null,
    sentence: cause === undefined ? null : CAUSES[cause].sentence,
    exit_code: exitCode(report),
    ...(cause === 'restart_would_fail' ? { restart_cause: firstCause(report) } : {}),
    checks,
  };
  return `${JSON.stringify(all, undefined, 2)}\n`;
}
