import { until } from '../../helpers/until.ts';
import type { Program } from '../../helpers/program.ts';

/** What our programs log, one JSON object a line; lines of other shapes are left out. */
export function logLines(program: Program): Record<string, unknown>[] {
  return (
    program
      .output()
      .split('\n')
      // What follows the last line break is a line that is not whole yet.
      .slice(0, -1)
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  );
}

/** How often a server answered an agent that asked for its configuration (its log level must be debug). */
export function configFetches(server: Program, node: string): number {
  return logLines(server).filter(
    ({ msg, path }) => msg === 'request answered' && String(path).endsWith(`/pushy/config/${node}`),
  ).length;
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
