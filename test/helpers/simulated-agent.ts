import { hostname } from 'node:os';
import { randomUUID, type KeyObject } from 'node:crypto';
import { open } from '@pushy/protocol';
import { lookUp, newCurveKeys, tryConnect } from '@pushy/client';
import { makeAgentAround } from '../../client/src/agent.ts';
import { systemClock } from '../../client/src/clock.ts';
import { httpGet } from '../../client/src/http/http-get.ts';
import { makeJobs } from '../../client/src/jobs/jobs.ts';
import type { Log } from '../../client/src/log.ts';
import { makeResults, withResults } from '../../client/src/jobs/results.ts';
import { draftOfAnswer, type Work, type WorkDeps } from '../../client/src/work.ts';
import { makeLeanLink } from './zmtp/lean-link.ts';

/** What a simulated node is, and what its runs come to. */
export interface SimulatedAgentSettings {
  /** With the path of its organization. */
  readonly url: string;
  readonly node: string;
  /** The client's private key; parsed once for all nodes that share it. */
  readonly key: KeyObject;
  /** What every run writes, if its job captures; `print N` writes N bytes instead. */
  readonly output: string;
  /** A run was begun. */
  readonly onRun?: (jobId: string) => void;
  /** The server has said something to the node for the first time: it knows it. */
  readonly onGreeted?: () => void;
  /** What the agent logs, but for what belongs to every job. */
  readonly onLog?: (message: string, reason: unknown) => void;
}

/** The real agent but for its processes and its disk: the same conversation, the same machine, the same healing. */
export interface SimulatedAgent {
  stop(): Promise<void>;
}

/** Of this command alone the runs go on until they are stopped. */
const ENDLESS = 'wait';

/** Starts it in this process; every command is in its whitelist, succeeds and takes no time. */
export function startSimulatedAgent(settings: SimulatedAgentSettings): SimulatedAgent {
  const { url, node, key } = settings;
  const log = listen(settings);
  const ports = {
    clock: systemClock,
    log,
    link: makeLeanLink(),
    curve: newCurveKeys(),
    random: Math.random,
    probe: { lookUp, connect: tryConnect },
    get: httpGet,
    prove: proveOnce,
  };
  const identity = {
    nodeName: node,
    hostName: hostname(),
    serverUrl: url,
    clientKey: key,
    signatureVersion: '1.1',
    trust: { rejectUnauthorized: true },
    allowUnencrypted: false,
  } as const;
  const agent = makeAgentAround(identity, ports, (deps) => simulateWork(deps, settings));
  const end = new AbortController();
  const running = agent.run(end.signal);
  return {
    stop: async () => {
      end.abort();
      await running;
    },
  };
}

/** The work of a node, with the real machine and the real results, and nothing behind them. */
function simulateWork(
  { post, log }: Pick<WorkDeps, 'post' | 'log'>,
  { output, onRun }: Pick<SimulatedAgentSettings, 'output' | 'onRun'>,
): Work {
  const incarnation = randomUUID();
  const captured = new Map<string, string>();
  const nothing = (): Promise<void> => Promise.resolve();
  const results = makeResults({
    read: (jobId) => {
      const stdout = captured.get(jobId);
      const more = stdout === undefined ? {} : { output: { stdout, stderr: '' } };
      return Promise.resolve({ outcome: 'succeeded', ...more });
    },
    post,
    remove: (jobId) => {
      captured.delete(jobId);
      return nothing();
    },
    log,
  });
  const jobs = makeJobs({
    check: ({ command }) => Promise.resolve({ ok: true, plan: { commandLine: command } }),
    runs: {
      commit: ({ jobId, capture, command }) => {
        const run = {
          start: () => {
            onRun?.(jobId);
            if (capture) captured.set(jobId, printed(command) ?? output);
            const kill = (): Promise<boolean> => Promise.resolve(true);
            const end = { isUnstarted: false, status: 0, seconds: 0 };
            const over =
              command === ENDLESS ? new Promise<never>(() => undefined) : Promise.resolve(end);
            const isTimedOut = (): boolean => false;
            return Promise.resolve({ over, isTimedOut, kill, discard: nothing });
          },
          discard: nothing,
          leave: () => undefined,
        };
        return Promise.resolve({ ok: true, run });
      },
    },
    outputOf: () => Promise.resolve(undefined),
    answer: (answer) => {
      post(draftOfAnswer(answer));
    },
    report: (jobId) => {
      results.add(jobId);
    },
    log,
  });
  return {
    ...jobs,
    open: nothing,
    incarnationId: () => incarnation,
    wire: () => withResults(jobs.wire(), results),
    agreed: (capabilities) => {
      results.open(capabilities.includes('result_ack'));
    },
    results,
    sweep: () => Promise.resolve(0),
  };
}

function printed(command: string): string | undefined {
  const bytes = /^print (\d+)$/.exec(command)?.[1];
  return bytes === undefined ? undefined : 'x'.repeat(Number(bytes));
}

/** Sentences of every run. */
const OF_RUNS = new Set(['run started', 'run ended', 'the server has the result']);

function listen({ onLog, onGreeted }: Pick<SimulatedAgentSettings, 'onLog' | 'onGreeted'>): Log {
  let isGreeted = false;
  const hear = (fields: Readonly<Record<string, unknown>>, message: string): void => {
    if (!OF_RUNS.has(message)) onLog?.(message, fields['reason']);
  };
  const debug: Log['debug'] = (_fields, message) => {
    if (isGreeted || message !== 'message received') return;
    isGreeted = true;
    onGreeted?.();
  };
  return { debug, info: hear, warn: hear, error: hear };
}

/** The last broadcast and what it was found to be. */
let known: { bytes: Buffer; signature: Buffer; found: ReturnType<typeof open> } | undefined;

/** All agents of a process hear the same broadcast: it is proved once, for RSA costs more than all the rest; their link hands the same bytes to all. */
const proveOnce: typeof open = (frames, proof, ...rest) => {
  const [header, bytes] = frames;
  if ('hmac_sha256' in proof || header === undefined || bytes === undefined) {
    return open(frames, proof, ...rest);
  }
  if (known?.bytes !== bytes || known.signature !== header) {
    known = { bytes, signature: header, found: open(frames, proof, ...rest) };
  }
  return known.found;
};
