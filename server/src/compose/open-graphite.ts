import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { graphiteName, startGraphite } from '../graphite.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Teardown } from './teardown.ts';

interface GraphiteParts {
  metrics: Pick<Metrics, 'samples'>;
  clock: Clock;
  log: Log;
  teardown: Teardown;
}

/** Reports to Graphite where the settings say so. */
export function openGraphite(
  config: Config,
  { metrics, clock, log, teardown }: GraphiteParts,
): void {
  if (!config.enableGraphite) return;
  const graphite = startGraphite({
    host: config.graphiteHost,
    port: config.graphitePort,
    prefix: `pushy.${graphiteName(config.serverName)}`,
    samples: () => metrics.samples(),
    clock,
    log,
  });
  teardown.add('Graphite', () => graphite.stop());
}
