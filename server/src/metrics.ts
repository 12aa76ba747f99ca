import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { JobChanges } from './core/job-record.ts';
import { openDescriptors } from './descriptors.ts';
import { graphiteName, type Sample } from './graphite.ts';
import type { MessageCounts } from './dispatcher/message-counts.ts';

/** What is read when somebody looks. */
export interface Readings {
  nodes(): { tracked: number; available: number };
  jobsInMemory(): number;
  /** CURVE keys that may connect. */
  admittedKeys?(): number;
  /** Connections to PostgreSQL; undefined for the embedded database. */
  pool?(): { total: number; idle: number; waiting: number } | undefined;
}

/** What the server counts. No label holds a name that somebody chose: their number is bounded. */
export interface Metrics {
  messages: MessageCounts;
  /** Something that happens now and then, by a fixed name such as `handshakes_admitted`. */
  count: (name: string, n?: number) => void;
  jobCreated(): void;
  /** A batch of changes is durable; times in milliseconds. */
  saved(changes: JobChanges, now: number): void;
  saveFailed(now: number): void;
  feedOpened(): void;
  feedClosed(): void;
  httpAnswered(request: { route: string; method: string; status: number }, ms: number): void;
  /** From now on these are read at every look. */
  read(readings: Readings): void;
  /** All numbers for Graphite: values of labels are further levels of the name; no buckets. */
  samples(): Promise<Sample[]>;
  /** The text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Different values of one label, at most; what comes above counts as `other`. */
const MAX_VALUES = 100;
const OPEN_DESCRIPTORS = 'process_open_fds';
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Makes the counters of one server. */
export function makeMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Its own reads the directory of all descriptors at every look.
  registry.removeSingleMetric(OPEN_DESCRIPTORS);
  let readings: Readings | undefined;
  let failingSince: number | undefined;
  let now = 0;
  let feeds = 0;

  /** A counter with one label, as a table of numbers: prom-client would sort and join labels at every message. */
  function tally(name: string, help: string, label: string): (value: string, n?: number) => void {
    const counts = new Map<string, number>();
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        this.reset();
        for (const [value, n] of counts) this.inc({ [label]: value }, n);
      },
    });
    return (value, n = 1) => {
      const key = counts.has(value) || counts.size < MAX_VALUES ? value : 'other';
      counts.set(key, (counts.get(key) ?? 0) + n);
    };
  }

  function gauge(name: string, help: string, look: () => number | undefined): void {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        const value = look();
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }

  const received = tally('pushy_messages_received_total', 'Verified messages of nodes', 'type');
  const sent = tally('pushy_messages_sent_total', 'Messages to nodes', 'type');
  const refused = tally('pushy_messages_refused_total', 'Messages that were dropped', 'reason');
  const count = tally('pushy_events_total', 'Things that happen now and then', 'event');
  const jobs = tally('pushy_jobs_total', 'Jobs that came to a status, stored', 'status');
  const jobNodes = tally('pushy_job_nodes_total', 'Nodes of jobs that came to a status', 'status');
  const told = tally('pushy_feed_events_total', 'Events of jobs that became durable', 'event');
  const failures = tally('pushy_save_failures_total', 'Batches that could not be stored', 'store');
  const lag = new Histogram({
    name: 'pushy_save_lag_seconds',
    help: 'From the oldest change of a batch until it was durable',
    buckets: SECONDS,
    registers: [registry],
  });
  const http = new Histogram({
    name: 'pushy_http_request_duration_seconds',
    help: 'Answers of the HTTP API, without feeds',
    labelNames: ['route', 'method', 'status'] as const,
    buckets: SECONDS,
    registers: [registry],
  });

  gauge(OPEN_DESCRIPTORS, 'Number of open file descriptors.', openDescriptors);
  gauge('pushy_nodes_online', 'Nodes that are connected', () => readings?.nodes().tracked);
  gauge('pushy_nodes_available', 'Nodes that take jobs', () => readings?.nodes().available);
  gauge('pushy_jobs_in_memory', 'Jobs in flight, or lately ended', () => readings?.jobsInMemory());
  gauge('pushy_feeds_open', 'Readers of event feeds', () => feeds);
  gauge('pushy_admitted_keys', 'CURVE keys that may connect', () => readings?.admittedKeys?.());
  gauge('pushy_save_failing_seconds', 'For how long nothing could be stored', () =>
    failingSince === undefined ? 0 : (now - failingSince) / 1000,
  );
  for (const kind of ['total', 'idle', 'waiting'] as const) {
    gauge(
      `pushy_db_pool_${kind}`,
      `Connections to PostgreSQL: ${kind}`,
      () => readings?.pool?.()?.[kind],
    );
  }

  return {
    messages: { received, sent, refused },
    count,
    jobCreated: () => {
      jobs('voting');
    },
    saved(changes, at) {
      now = at;
      failingSince = undefined;
      for (const { status } of changes.jobs) jobs(status);
      for (const { status } of changes.nodes) jobNodes(status);
      for (const { event } of changes.events) told(event.name);
      const oldest = changes.nodes[0]?.at ?? changes.jobs[0]?.at;
      if (oldest !== undefined) lag.observe(Math.max(0, at - oldest) / 1000);
    },
    saveFailed(at) {
      now = at;
      failingSince ??= at;
      failures('jobs');
    },
    feedOpened: () => {
      feeds += 1;
    },
    feedClosed: () => {
      feeds -= 1;
    },
    httpAnswered({ route, method, status }, ms) {
      http.observe({ route, method, status: String(status) }, ms / 1000);
    },
    read: (from) => {
      readings = from;
    },
    samples: () => samplesOf(registry),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

async function samplesOf(registry: Registry): Promise<Sample[]> {
  const all = await registry.getMetricsAsJSON();
  return all.flatMap((metric) =>
    metric.values.flatMap((sample) => {
      const name = 'metricName' in sample ? String(sample.metricName) : metric.name;
      if (name.endsWith('_bucket') || !Number.isFinite(sample.value)) return [];
      const levels = Object.values(sample.labels).map((label) => graphiteName(String(label)));
      return [{ name: [name, ...levels].join('.'), value: sample.value }];
    }),
  );
}
