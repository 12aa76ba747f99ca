import { parseHttpDate } from '@pushy/protocol';
import type { AgentNote } from '../agent-note.ts';
import { makeBootstrap, signedHeaders } from '../bootstrap.ts';
import type { Clock } from '../clock.ts';
import type { AgentSettings } from '../config.ts';
import { AgentError, messageOf, type AgentErrorCode } from '../errors.ts';
import { requestFailure, wantsTls, type FetchFailure } from '../link/fetch-failure.ts';
import type { Get, HttpAnswer } from '../http/http-get.ts';
import type { Link } from '../link.ts';
import type { Session } from '../link/session.ts';
import type { CauseName } from './causes.ts';
import { describeWhitelist } from './describe-whitelist.ts';
import { doctorKeys } from './doctor-keys.ts';
import { listen } from './listen.ts';
import type { Check, Report } from './report.ts';

/** The world as the doctor sees it. */
export interface DoctorPorts {
  readonly clock: Clock;
  readonly loadSettings: () => Promise<AgentSettings>;
  readonly get: (request: Get) => Promise<HttpAnswer>;
  /** An address of the name. */
  readonly lookUp: (host: string) => Promise<string>;
  /** Resolves when a TCP connection stood; closes it. */
  readonly connect: (host: string, port: number, signal: AbortSignal) => Promise<void>;
  readonly link: () => Link;
  readonly findAgent: (settings: AgentSettings) => Promise<
    | { readonly kind: 'none' }
    /** `stateDir`: it is not that of the settings. */
    | {
        readonly kind: 'other';
        readonly pid: number | undefined;
        readonly stateDir?: string;
      }
    | { readonly kind: 'unguarded'; readonly why: string }
  >;
  /** What the agent of a state directory says of itself. */
  readonly readNote: (stateDir: string, pid: number | undefined) => AgentNote | undefined;
  /** What an agent says that runs with the configuration file, which cannot be used any more. */
  readonly findByFile: () => Promise<AgentNote | undefined>;
}

/** Milliseconds for a name, and for a connection. */
const PATIENCE_MS = 5000;
/** Milliseconds by which clocks may differ (REFERENCE 15.4). */
const MAX_SKEW_MS = 300_000;

const BY_ERROR: Readonly<Partial<Record<AgentErrorCode, CauseName>>> = {
  no_config: 'config_missing',
  bad_key: 'key_unreadable',
  bad_trust: 'trust_wrong',
};
const OF_TLS: readonly CauseName[] = ['certificate_untrusted', 'certificate_name', 'scheme_wrong'];

type Found = Omit<Check, 'check'>;
const ok = (detail: string): Found => ({ status: 'ok', detail });
const failed = (cause: CauseName, detail: string): Found => ({ status: 'failed', detail, cause });
const skipped = (detail: string): Found => ({ status: 'skipped', detail });

/**
 * Finds out why this node is, or is not, available. It says nothing on the command channel, so the server cannot take
 * it for the agent of the node; it asks for the configuration as the agent does, with a CURVE key of its own.
 */
export async function examine(ports: DoctorPorts): Promise<Report> {
  const checks: Check[] = [];
  const note = (check: string, found: Found): boolean => {
    checks.push({ check, ...found });
    return found.status === 'ok';
  };
  let settings: AgentSettings;
  try {
    settings = await ports.loadSettings();
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    note('configuration', failed(BY_ERROR[error.code] ?? 'config_wrong', error.message));
    const agentNote = await ports.findByFile();
    if (agentNote === undefined) return { checks };
    const { pid, node, server } = agentNote;
    note('agent', ok(`runs as process ${pid}, ${hearing(agentNote)}`));
    return { node, server, checks, isConnected: agentNote.hearsSince !== undefined };
  }
  const remarks = settings.warnings.join('; ');
  note('configuration', ok(remarks === '' ? 'read' : `read, with warnings: ${remarks}`));
  note('whitelist', describeWhitelist(settings));
  const report = { node: settings.nodeName, server: settings.serverUrl, checks };
  const session = await askServer(settings, ports, note);
  if (session !== undefined) await tryChannels(settings, session, ports, note);
  const agent = await findAgent(settings, ports);
  const server = await askAvailability(settings, agent.isRunning, ports);
  note('agent', agent.of(server));
  note('server', server);
  return { ...report, isConnected: agent.isConnected && server.status !== 'failed' };
}

type Note = (check: string, found: Found) => boolean;

/** From the name of the Chef server to the configuration. */
async function askServer(
  settings: AgentSettings,
  ports: DoctorPorts,
  note: Note,
): Promise<Session | undefined> {
  const url = new URL(settings.serverUrl);
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const { host, port: at } = settings.proxy ?? { host: url.hostname, port };
  const via = settings.proxy === undefined ? '' : ' (the proxy)';
  if (!note('DNS', await lookUp(host, ports, 'name_unknown'))) return undefined;
  const isOpen = note('TCP', await tryPort(host, at, via, ports));
  if (!isOpen) return undefined;

  let answer: HttpAnswer | undefined;
  const fetched = await makeBootstrap({
    serverUrl: settings.serverUrl,
    node: settings.nodeName,
    key: settings.clientKey,
    signatureVersion: settings.signatureVersion,
    curve: doctorKeys(settings.clientKey),
    isLook: true,
    allowUnencrypted: settings.allowUnencrypted,
    clock: ports.clock,
    get: async (target, headers, signal) => {
      const { trust, proxy } = settings;
      answer = await ports.get({ url: target, headers, trust, proxy, signal });
      return answer;
    },
  })(new AbortController().signal);
  const failure = fetched.ok ? undefined : await orTls(fetched.failure, settings, ports);
  const isTls = url.protocol === 'https:';
  const isOfTls = failure !== undefined && OF_TLS.includes(failure.cause);
  if (isOfTls) note('TLS', failed(failure.cause, say(failure)));
  else if (answer !== undefined) note('TLS', isTls ? ok('trusted') : skipped('not used: http'));
  const skew = skewOf(answer, ports);
  if (skew !== undefined) note('clock', skew);
  if (fetched.ok) note('key', ok('accepted, and the configuration can be read'));
  else if (failure !== undefined && !isOfTls) note('key', failed(failure.cause, say(failure)));
  return fetched.ok ? fetched.session : undefined;
}

/** Many a server cuts a plain request to its TLS port without a word: whether it would speak TLS shows why. */
async function orTls(
  failure: FetchFailure,
  { serverUrl, proxy }: AgentSettings,
  ports: DoctorPorts,
): Promise<FetchFailure> {
  const url = new URL(serverUrl);
  if (failure.cause !== 'api_cut' || url.protocol === 'https:' || proxy !== undefined)
    return failure;
  const port = url.port || '80';
  url.protocol = 'https:';
  url.port = port;
  try {
    const trust = { rejectUnauthorized: false };
    await withDeadline(ports, (signal) => ports.get({ url, headers: {}, trust, signal }));
    return wantsTls(failure.where);
  } catch {
    // It cuts whatever comes.
    return failure;
  }
}

function say({ what, where, advice }: FetchFailure): string {
  return `${where}: ${what}. ${advice}`;
}

/** By the date of the answer, whatever that was. */
function skewOf(answer: HttpAnswer | undefined, { clock }: DoctorPorts): Found | undefined {
  const date = parseHttpDate(answer?.date ?? '');
  if (date === undefined) return undefined;
  const ahead = clock.now() - date;
  const seconds = Math.round(Math.abs(ahead) / 1000);
  // A Date has whole seconds, and the answer was on its way.
  if (Math.abs(ahead) < 1500) return ok("within a second of the server's");
  const detail = `${seconds} s ${ahead < 0 ? 'behind' : 'ahead of'} the server`;
  return Math.abs(ahead) < MAX_SKEW_MS ? ok(detail) : failed('clock_skew', detail);
}

async function lookUp(host: string, ports: DoctorPorts, unknown: CauseName): Promise<Found> {
  try {
    const address = await withDeadline(ports, () => ports.lookUp(host));
    return ok(`${host} is ${address}`);
  } catch (error) {
    const isUnknown = error instanceof Error && 'code' in error && error.code === 'ENOTFOUND';
    return failed(isUnknown ? unknown : 'resolver_silent', `${host}: ${messageOf(error)}`);
  }
}

async function tryPort(
  host: string,
  port: number,
  via: string,
  ports: DoctorPorts,
): Promise<Found> {
  try {
    await withDeadline(ports, (signal) => ports.connect(host, port, signal));
    return ok(`${host} port ${port}${via} is open`);
  } catch (error) {
    const isRefused = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
    const cause = isRefused ? 'api_refused' : 'api_unreachable';
    return failed(cause, `${host} port ${port}${via}: ${messageOf(error)}`);
  }
}

/** The two sockets of an agent. */
async function tryChannels(
  settings: AgentSettings,
  session: Session,
  ports: DoctorPorts,
  note: Note,
): Promise<void> {
  const { out_addr, command_addr } = session.config.push_jobs.heartbeat;
  const { hostname } = new URL(command_addr);
  if (!note('push server', await lookUp(hostname, ports, 'push_name_unknown'))) return;
  const both = [
    ['heartbeat port', out_addr, 'heartbeat_port_closed'],
    ['command port', command_addr, 'command_port_closed'],
  ] as const;
  let areOpen = true;
  for (const [check, address, cause] of both) {
    const url = new URL(address);
    const found = await tryPort(url.hostname, Number(url.port), '', ports);
    const isOpen = note(check, found.status === 'ok' ? found : failed(cause, found.detail));
    areOpen &&= isOpen;
  }
  if (!areOpen) return;
  const { channel, heartbeat } = await listen(settings, session, ports);
  note('CURVE', channel);
  note('heartbeat', heartbeat);
}

/** `of`: what is to be said of the agent, with what the server calls the node. */
async function findAgent(
  settings: AgentSettings,
  ports: DoctorPorts,
): Promise<{
  readonly isRunning: boolean;
  readonly isConnected: boolean;
  readonly of: (server: Found) => Found;
}> {
  const found = await ports.findAgent(settings);
  const stands = (agent: Found, isRunning: boolean, isConnected = false) => {
    return { isRunning, isConnected, of: () => agent };
  };
  switch (found.kind) {
    case 'other': {
      const said = ports.readNote(found.stateDir ?? settings.stateDir, found.pid);
      const isConnected = said?.hearsSince !== undefined;
      const as = found.pid === undefined ? '' : ` as process ${found.pid}`;
      const runs = `runs${as}${said === undefined ? '' : `, ${hearing(said)}`}`;
      if (found.stateDir === undefined) return stands(ok(runs), true, isConnected);
      const other = `${runs}, with another state_dir: ${found.stateDir}`;
      const of = ({ status }: Found): Found =>
        status === 'failed' ? ok(other) : failed('agent_elsewhere', other);
      return { isRunning: true, isConnected, of };
    }
    case 'none': {
      const none = `nobody holds the lock in ${settings.stateDir}, nor that of the node on this host`;
      const of = ({ status }: Found): Found =>
        status === 'ok' ? elsewhere(none) : failed('agent_not_running', none);
      return { isRunning: false, isConnected: false, of };
    }
    case 'unguarded':
      return stands({ status: 'unknown', detail: found.why }, false);
  }
}

function hearing({ hearsSince, config }: AgentNote): string {
  const file =
    config === undefined
      ? 'no configuration file'
      : `${config} as it was at its start, but for the whitelist, which it follows`;
  const server =
    hearsSince === undefined
      ? 'hears no server that serves it'
      : `hears its server since ${hearsSince}`;
  return `${server} (with ${file})`;
}

/** Somebody speaks for the node whom no lock here tells of. */
function elsewhere(none: string): Found {
  const who = 'the Ruby agent, an agent of another user, or another host';
  const late = 'or it has just ended and the server has not noticed';
  return failed('agent_elsewhere', `${none}, and yet the server hears one: ${who}; ${late}`);
}

/** What the server calls the node, as far as it tells its client. */
async function askAvailability(
  settings: AgentSettings,
  isRunning: boolean,
  ports: DoctorPorts,
): Promise<Found> {
  const { serverUrl, nodeName, clientKey, signatureVersion, trust, proxy } = settings;
  const path = `pushy/node_states/${encodeURIComponent(nodeName)}`;
  const url = new URL(`${serverUrl.replace(/\/+$/, '')}/${path}`);
  const { clock } = ports;
  const headers = signedHeaders(url, { node: nodeName, key: clientKey, signatureVersion, clock });
  try {
    const { status, body } = await withDeadline(ports, (signal) =>
      ports.get({ url, headers, trust, proxy, signal }),
    );
    const says = /"availability"\s*:\s*"(\w+)"/.exec(body)?.[1];
    if (status !== 200 || says === undefined) {
      return { status: 'unknown', detail: `the server does not tell: status ${status}` };
    }
    if (says === 'available') return ok('calls the node available');
    const isUnheard = /"status"\s*:\s*"offline"/.test(body);
    const why = isUnheard ? ': it hears no agent of a node of this name' : '';
    const detail = `calls the node ${says}${why}`;
    return isRunning ? failed('node_unavailable', detail) : { status: 'unknown', detail };
  } catch (error) {
    return {
      status: 'unknown',
      detail: `the server does not tell: ${requestFailure(error, '').what}`,
    };
  }
}

/** Rejects with a sentence, and aborts the signal of `action`, when that takes too long. */
async function withDeadline<T>(
  { clock }: DoctorPorts,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  let cancel = (): void => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(PATIENCE_MS, () => {
      reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`));
      deadline.abort();
    });
  });
  try {
    return await Promise.race([late, action(deadline.signal)]);
  } finally {
    cancel();
  }
}
