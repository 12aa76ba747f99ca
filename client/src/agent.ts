import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { makeBootstrap } from './bootstrap.ts';
import type { Clock } from './clock.ts';
import { sleep } from './clock.ts';
import type { AgentSettings } from './config.ts';
import { makeConnection } from './connection.ts';
import type { Answer, RunnerEvent } from './core/runner.ts';
import { messageOf } from './errors.ts';
import { makeHealing } from './healing.ts';
import { httpGet } from './http-get.ts';
import { checkOrder } from './job-check.ts';
import { jobEnvironment } from './job-env.ts';
import { makeJobFiles } from './job-file.ts';
import { makeJobs, type Jobs } from './jobs.ts';
import type { Link } from './link.ts';
import type { Log } from './log.ts';
import { runCommands } from './loops/commands.ts';
import { makeHeartbeat } from './loops/heartbeat.ts';
import { makeReconfigure } from './loops/reconfigure.ts';
import type { Draft } from './outbox.ts';
import { takeLock } from './process/lock.ts';
import { startCommand } from './process/spawn.ts';
import { cannotBecome, findUser, ownUserId } from './process/user.ts';
import { makeServerWatch } from './server-watch.ts';
import type { CurveKeys } from './session.ts';
import type { Whitelist } from './whitelist.ts';

/** The world that an agent lives in. */
export interface AgentPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly link: Link;
  readonly curve: CurveKeys;
  readonly random: () => number;
}

/** One life of the agent of one node. */
export interface Agent {
  /** Serves until `signal` is aborted; a run that goes on then is left alone. */
  run(signal: AbortSignal): Promise<void>;
  /** Fetches the configuration again, once no job is active (USR1). */
  reconfigure(): void;
}

/** Longest wait between attempts while the heartbeat interval is not known yet, milliseconds. */
const FIRST_RETRY_MS = 2000;
/** Between two looks for files that runs have left behind, milliseconds. */
const SWEEP_MS = 3_600_000;

/** Puts the agent together. */
export function makeAgent(settings: AgentSettings, whitelist: Whitelist, ports: AgentPorts): Agent {
  const { clock, log, link, random } = ports;
  const files = makeJobFiles(settings.fileDir, ownUserId(), log);

  const connection = makeConnection({
    link,
    now: () => clock.now(),
    log,
    node: settings.nodeName,
    host: settings.hostName,
    incarnationId: randomUUID(),
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
    },
  });
  const retryCapMs = (): number => watch.intervalMs() ?? FIRST_RETRY_MS;

  const jobs: Jobs = makeJobs({
    check: (order) =>
      checkOrder(order, {
        lookUp: (command) => whitelist.lookUp(command),
        findUser,
        cannotBecome,
        isDirectory,
        takeLock: (file) => takeLock(file, (ms, action) => clock.after(ms, action)),
        chefLockFile: settings.lockFile,
      }),
    storeFile: (contents, { user }) => files.store(contents, user),
    environment: (order, { user }, file) =>
      jobEnvironment({
        node: settings.nodeName,
        jobId: order.jobId,
        base: settings.environment,
        job: order.env ?? {},
        ...(file === undefined ? {} : { file }),
        ...(user === undefined ? {} : { user }),
        ...(settings.allowedEnv === undefined ? {} : { allowed: settings.allowedEnv }),
      }),
    start: (command) => startCommand(command, clock),
    outputLimit: (jobId) => {
      const frame = runEnd({
        type: 'succeeded',
        jobId,
        output: { stdout: '', stderr: '' },
      });
      return Math.min(settings.maxBodySize, connection.roomFor(frame));
    },
    answer: (answer) => {
      connection.post(draftOf(answer));
    },
    log,
  });

  const reconfigure = makeReconfigure({
    clock,
    random,
    log,
    fetch: makeBootstrap({
      serverUrl: settings.serverUrl,
      node: settings.nodeName,
      key: settings.clientKey,
      signatureVersion: settings.signatureVersion,
      curve: ports.curve,
      allowUnencrypted: settings.allowUnencrypted,
      clock,
      get: (url, headers, signal) => {
        const { trust, proxy } = settings;
        return httpGet({ url, headers, trust, proxy, signal });
      },
    }),
    apply: (session) => {
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
      connection.use(session);
      beat.beatNow();
    },
    isJobActive: () => jobs.isActive(),
    retryCapMs,
  });
  jobs.onIdle(() => {
    reconfigure.wake();
  });

  const beat = makeHeartbeat({
    clock,
    watch,
    wire: () => jobs.wire(),
    post: (draft) => {
      connection.post(draft);
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
    if (event.kind === 'commit' && !watch.isOnline()) {
      const { jobId } = event.order;
      const reason = 'this node hears no broadcast of the server';
      jobs.dispatch({ kind: 'bad_commit', jobId, reason });
    } else jobs.dispatch(event);
  }

  async function sweep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const removed = await files.sweep(clock.now(), settings.fileDirExpiryMs);
        if (removed > 0) log.info({ removed }, 'expired job files removed');
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'expired job files cannot be removed');
      }
      await sleep(clock, SWEEP_MS, signal);
    }
  }

  return {
    run: async (signal) => {
      const close = (): void => {
        stopping = true;
        // A job that has not started holds a lock for nothing.
        if (jobs.wire().jobState !== 'running') jobs.dispatch({ kind: 'abort' });
        link.close();
      };
      signal.addEventListener('abort', close, { once: true });
      const commands = runCommands(
        {
          events: (until) => link.events(until),
          connection,
          dispatch,
          note: (event) => {
            if (event.kind === 'heard') healing.heard();
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
    reconfigure: () => {
      reconfigure.request({ reason: 'asked for by a signal', delayMs: 0, isUrgent: false });
    },
  };
}

/** The members of an answer, in the order of REFERENCE 15.6. */
function draftOf(answer: Answer): Draft {
  switch (answer.type) {
    case 'succeeded':
    case 'failed':
      return runEnd(answer);
    case 'nack_commit':
      return { type: answer.type, members: { job_id: answer.jobId, reason: answer.reason } };
    case 'ack_commit':
    case 'ack_run':
    case 'nack_run':
    case 'aborted':
      return { type: answer.type, members: { job_id: answer.jobId } };
  }
}

function runEnd({ type, jobId, output }: Extract<Answer, { type: 'succeeded' | 'failed' }>): Draft {
  const { stdout, stderr } = output ?? {};
  return {
    type,
    members: { job_id: jobId, ...(output === undefined ? {} : { stdout, stderr }) },
  };
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
