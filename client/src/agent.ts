import { makeBootstrap } from './bootstrap.ts';
import type { Clock } from './clock.ts';
import { sleep } from './clock.ts';
import type { AgentSettings } from './config.ts';
import { makeConnection, type ConnectionDeps } from './link/connection.ts';
import type { RunnerEvent } from './core/runner.ts';
import { messageOf } from './errors.ts';
import { makeHealing } from './link/healing.ts';
import type { Get, HttpAnswer } from './http/http-get.ts';
import type { Link } from './link.ts';
import type { Log } from './log.ts';
import { runCommands } from './loops/commands.ts';
import { makeHeartbeat } from './loops/heartbeat.ts';
import { makeReconfigure } from './loops/reconfigure.ts';
import { makeOutage, type Probe } from './link/outage.ts';
import { makeServerWatch } from './link/server-watch.ts';
import type { CurveKeys } from './link/session.ts';
import type { Whitelist } from './whitelist.ts';
import { makeWork, type Work, type WorkDeps } from './work.ts';

/** The world that an agent lives in. */
export interface AgentPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly link: Link;
  readonly curve: CurveKeys;
  readonly random: () => number;
  /** Looks at the way to the Push Jobs server while nothing is heard of it. */
  readonly probe: Probe;
  readonly get: (request: Get) => Promise<HttpAnswer>;
  /** How frames are proved, where many agents share a process. */
  readonly prove?: NonNullable<ConnectionDeps['prove']>;
}

/** One life of the agent of one node. */
export interface Agent {
  /** Serves until `signal` is aborted; a run that goes on then is left alone. */
  run(signal: AbortSignal): Promise<void>;
  /** Fetches the configuration again, once no job is active (USR1). */
  reconfigure(): void;
  /** Whether it hears its server, and is not refused by it. */
  isOnline(): boolean;
}

/** Longest wait between attempts while the heartbeat interval is not known yet, milliseconds. */
const FIRST_RETRY_MS = 2000;
/** Between two looks for files that runs have left behind, milliseconds. */
const SWEEP_MS = 3_600_000;

/** Who the node is, and how it finds its server. */
export type AgentIdentity = Pick<
  AgentSettings,
  | 'nodeName'
  | 'hostName'
  | 'serverUrl'
  | 'clientKey'
  | 'signatureVersion'
  | 'trust'
  | 'proxy'
  | 'allowUnencrypted'
>;

/** Puts the agent together. */
export function makeAgent(settings: AgentSettings, whitelist: Whitelist, ports: AgentPorts): Agent {
  return makeAgentAround(settings, ports, (deps) => makeWork({ ...deps, settings, whitelist }));
}

/** All of an agent but what it does for its jobs: the conversation with the server and its healing. */
export function makeAgentAround(
  settings: AgentIdentity,
  ports: AgentPorts,
  openWork: (deps: Omit<WorkDeps, 'settings' | 'whitelist'>) => Work,
): Agent {
  const { clock, log, link, random } = ports;
  const life = new AbortController();
  /** The server has removed the node, or takes its key no more; it may well be heard all the same. */
  let isRefused = false;

  const connection = makeConnection({
    ...(ports.prove === undefined ? {} : { prove: ports.prove }),
    link,
    now: () => clock.now(),
    log,
    node: settings.nodeName,
    host: settings.hostName,
    incarnationId: () => work.incarnationId(),
    onSendFailure: (why) => {
      if (stopping) return;
      log.warn({ error: why }, 'message not sent');
      healing.onSendFailure();
    },
  });
  let stopping = false;
  const watch = makeServerWatch({
    elapsed: () => clock.elapsed(),
    random,
    onEffect: (effect) => {
      healing.onEffect(effect);
      if (effect === 'went_offline' || effect === 'still_offline') outage.silent();
    },
    onAvailable: (afterMs) => {
      if (afterMs === undefined) log.info({}, 'the node is available');
      else log.info({ afterS: Math.round(afterMs / 100) / 10 }, 'the node is available again');
    },
  });
  const outage = makeOutage({ clock, log, probe: ports.probe, signal: life.signal });
  const retryCapMs = (): number => watch.intervalMs() ?? FIRST_RETRY_MS;

  const work = openWork({
    clock,
    log,
    post: (draft) => {
      connection.post(draft);
    },
    roomFor: (draft) => connection.roomFor(draft),
    signal: life.signal,
  });

  const bootstrap = makeBootstrap({
    serverUrl: settings.serverUrl,
    node: settings.nodeName,
    key: settings.clientKey,
    signatureVersion: settings.signatureVersion,
    curve: ports.curve,
    allowUnencrypted: settings.allowUnencrypted,
    clock,
    get: (url, headers, signal) => {
      const { trust, proxy } = settings;
      return ports.get({ url, headers, trust, proxy, signal });
    },
  });
  const reconfigure = makeReconfigure({
    clock,
    random,
    log,
    fetch: async (signal) => {
      const fetched = await bootstrap(signal);
      if (!fetched.ok && fetched.failure.cause === 'key_refused') isRefused = true;
      return fetched;
    },
    apply: (session) => {
      isRefused = false;
      const { heartbeat } = session.config.push_jobs;
      log.info(
        {
          server: session.config.host,
          intervalS: heartbeat.interval,
          isEncrypted: session.curve !== undefined,
        },
        'configuration received',
      );
      watch.open(session);
      outage.use(heartbeat);
      connection.use(session);
      work.agreed(session.config.capabilities ?? []);
      beat.beatNow();
    },
    isJobActive: () => work.isActive(),
    retryCapMs,
  });
  work.onIdle(() => {
    reconfigure.wake();
  });

  const beat = makeHeartbeat({
    clock,
    watch,
    wire: () => work.wire(),
    post: (draft) => {
      connection.post(draft);
      work.results.beat();
    },
  });

  const healing = makeHealing({
    random,
    log,
    retryCapMs,
    connection,
    reconfigure,
    beatNow: () => {
      beat.beatNow();
    },
  });

  /** Who does not hear the server may be cut off from it: it begins nothing new (REFERENCE 16). */
  function dispatch(event: RunnerEvent): void {
    if (event.kind === 'commit' && !watch.isHeard()) {
      const { jobId } = event.order;
      const reason = 'this node hears no broadcast of the server';
      work.dispatch({ kind: 'bad_commit', jobId, reason });
    } else work.dispatch(event);
  }

  async function sweep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const removed = await work.sweep();
        if (removed > 0) log.info({ removed }, 'expired job files removed');
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'expired job files cannot be removed');
      }
      await sleep(clock, SWEEP_MS, signal);
    }
  }

  return {
    run: async (signal) => {
      await work.open();
      const close = (): void => {
        stopping = true;
        work.leave();
        life.abort();
        link.close();
      };
      signal.addEventListener('abort', close, { once: true });
      const commands = runCommands(
        {
          events: (until) => link.events(until),
          connection,
          dispatch,
          acknowledged: (jobId) => {
            work.results.acknowledged(jobId);
          },
          removed: () => {
            isRefused = true;
            healing.removed();
          },
          note: (event) => {
            if (event.kind === 'heard') {
              // What it says on the command channel, it says to a node that it serves.
              isRefused = false;
              healing.heard();
            }
            if (event.kind === 'broadcast') {
              healing.broadcastHeard();
              outage.heard();
            }
            if (event.kind === 'reached') {
              healing.reached();
              outage.reached();
            }
            if (event.kind === 'connected') {
              connection.connected();
              work.results.connected();
            }
            watch.note(event);
          },
          onConnection: (event) => {
            healing.onConnection(event);
          },
          log,
        },
        signal,
      );
      await Promise.all([commands, beat.run(signal), reconfigure.run(signal), sweep(signal)]);
      close();
    },
    isOnline: () => !isRefused && watch.isOnline(),
    reconfigure: () => {
      reconfigure.request({ reason: 'asked for by a signal', delayMs: 0, isUrgent: false });
    },
  };
}
