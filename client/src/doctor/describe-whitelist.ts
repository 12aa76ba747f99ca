import type { AgentSettings } from '../config.ts';
import { summarize } from '../whitelist.ts';
import type { Check } from './report.ts';

type Described = Pick<AgentSettings, 'whitelist' | 'isDefaultWhitelist' | 'origin'>;

/** What the whitelist of the file is; a file with nearly a whitelist has the default, and its agent may have another. */
export function describeWhitelist(settings: Described): Omit<Check, 'check'> {
  const { whitelist, isDefaultWhitelist, origin } = settings;
  const { commands, patterns } = summarize(whitelist);
  const list = `commands: ${commands.join(', ') || 'none'}; patterns: ${patterns}`;
  if (!isDefaultWhitelist) return { status: 'ok', detail: list };
  const { mistyped } = origin;
  if (mistyped === undefined)
    return { status: 'ok', detail: `${list} (the default: the configuration sets none)` };
  const kept = 'an agent that had another list when the file was changed keeps it until it ends';
  const detail = `${list} (the default: ${mistyped}); ${kept}`;
  return { status: 'failed', detail, cause: 'whitelist_misnamed' };
}
