import { CURVE_KEY_LENGTH, type AgentConfig } from '@pushy/protocol';

/** Seconds: a few of them must fit into a timer. Our server takes no longer one either. */
const LONGEST_INTERVAL_S = 86_400;

/** What an agent cannot live by in a configuration that has all its members; undefined: nothing. */
export function unusable(config: AgentConfig): string | undefined {
  const {
    interval,
    offline_threshold: offline,
    online_threshold: online,
  } = config.push_jobs.heartbeat;
  const key = config.curve_public_key;
  if (!(interval > 0 && interval <= LONGEST_INTERVAL_S))
    return `its heartbeat interval is ${interval} s: more than 0 and at most ${LONGEST_INTERVAL_S} can be used`;
  if (!(offline > 0 && online >= 0))
    return `its thresholds are ${offline} and ${online} heartbeats`;
  if (!(config.lifetime > 0)) return `its lifetime is ${config.lifetime} s`;
  if (key !== undefined && key.length !== CURVE_KEY_LENGTH)
    return 'its CURVE key has another length';
  return undefined;
}
