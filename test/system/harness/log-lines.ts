import { until } from '../../helpers/until.ts';
import type { Program } from '../../helpers/program.ts';

/** What our server logs, one JSON object a line; lines of other shapes are left out. */
export function logLines(program: Program): Record<string, unknown>[] {
  return wholeLines(program)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** How often a server answered an agent that asked for its configuration (its log level must be debug). */
export function configFetches(server: Program, node: string): number {
  return countLines(server, `/pushy/config/${node}"`, '"msg":"request answered"');
}

/** Resolves when an agent was answered more often than `before`. */
export async function nextConfigFetch(
  server: Program,
  node: string,
  before: number,
): Promise<void> {
  await until(
    `${node} to fetch its configuration`,
    () => configFetches(server, node),
    (count) => (count > before ? true : undefined),
  );
}

/** How often a node came online at a server: each life of its agent counts. */
export function timesOnline(server: Program, node: string): number {
  return countLines(server, `"node":"${node}"`, '"msg":"node is online"');
}

function countLines(program: Program, ...parts: readonly string[]): number {
  return wholeLines(program).filter((line) => parts.every((part) => line.includes(part))).length;
}

/** What follows the last line break is a line that is not whole yet. */
function wholeLines(program: Program): string[] {
  return program.output().split('\n').slice(0, -1);
}
