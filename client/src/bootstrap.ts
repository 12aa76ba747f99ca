import { createPublicKey, type KeyObject } from 'node:crypto';
import { CAPABILITIES, readAgentConfig, unwrapSessionKey, type AgentConfig } from '@pushy/protocol';
import { signRequest } from 'mixlib-authentication-ts';
import type { Clock } from './clock.ts';
import { messageOf } from './errors.ts';
import { answerFailure, contentFailure, requestFailure } from './link/fetch-failure.ts';
import type { HttpAnswer } from './http/http-get.ts';
import type { Fetched } from './loops/reconfigure.ts';
import type { CurveKeys, Session } from './link/session.ts';
import { unusable } from './link/session-limits.ts';

/** What the fetch needs. */
export interface BootstrapDeps {
  /** With the path of its organization. */
  readonly serverUrl: string;
  readonly node: string;
  /** The client's private key. */
  readonly key: KeyObject;
  /** Of the signature of the request. */
  readonly signatureVersion?: '1.0' | '1.1' | '1.3';
  readonly curve: CurveKeys;
  /** Another agent of this node is at work, of whatever kind: nothing is said of what this one can do. */
  readonly isLook?: boolean;
  readonly allowUnencrypted: boolean;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly get: (
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) => Promise<HttpAnswer>;
}

/** For the whole request, milliseconds (REFERENCE 16). */
const TIMEOUT_MS = 5000;
/** Version of the Chef API that the request claims; the push routes are the same in all. */
const SERVER_API_VERSION = 1;

/** Fetches the node's configuration with a signed request and unwraps its session key (REFERENCE 8.2, 16). */
export function makeBootstrap(deps: BootstrapDeps): (signal: AbortSignal) => Promise<Fetched> {
  const url = configUrl(deps);
  const where = `${url.origin}${url.pathname}`;
  return async (signal) => {
    let answer: HttpAnswer;
    const deadline = new AbortController();
    const cancel = deps.clock.after(TIMEOUT_MS, () => {
      deadline.abort(new Error(`no answer within ${TIMEOUT_MS / 1000} s`));
    });
    try {
      const headers = signedHeaders(url, deps);
      answer = await deps.get(url, headers, AbortSignal.any([signal, deadline.signal]));
    } catch (error) {
      return { ok: false, failure: requestFailure(error, where) };
    } finally {
      cancel();
    }
    if (answer.status !== 200) {
      return { ok: false, failure: answerFailure(answer.status, answer.body, where) };
    }
    return readAnswer(answer.body, where, deps);
  };
}

function configUrl({ serverUrl, node, curve, isLook = false }: BootstrapDeps): URL {
  const path = `pushy/config/${encodeURIComponent(node)}`;
  const query = `ccpk=${encodeURIComponent(curve.publicKey)}&version=2.0&${isLook ? 'look=1' : `capabilities=${CAPABILITIES.join(',')}`}`;
  return new URL(`${serverUrl.replace(/\/+$/, '')}/${path}?${query}`);
}

/** The headers of a signed GET. */
export function signedHeaders(
  url: URL,
  deps: Pick<BootstrapDeps, 'node' | 'key' | 'signatureVersion'> & { clock: Pick<Clock, 'now'> },
): Record<string, string> {
  const { node, key, signatureVersion: version = '1.1', clock } = deps;
  const request = { method: 'GET', path: url.pathname };
  const signer = { userId: node, key, version };
  return {
    Accept: 'application/json',
    ...signRequest(request, signer, clock.now(), SERVER_API_VERSION),
  };
}

function readAnswer(body: string, where: string, deps: BootstrapDeps): Fetched {
  const config = parse(body);
  if (config === undefined) {
    const what = 'the answer is not the configuration of a node';
    return { ok: false, failure: contentFailure('answer_unreadable', what, where) };
  }
  const wrong = unusable(config);
  if (wrong !== undefined) {
    const what = `the configuration of the server cannot be used: ${wrong}`;
    return { ok: false, failure: contentFailure('answer_unreadable', what, where) };
  }
  if (config.curve_public_key === undefined && !deps.allowUnencrypted) {
    const what = 'the server offers no encryption';
    const advice = 'Enable CURVE there, or set allow_unencrypted here.';
    return { ok: false, failure: contentFailure('no_encryption', what, where, advice) };
  }
  try {
    return { ok: true, session: openSession(config, deps) };
  } catch (error) {
    const what = `the keys of the configuration cannot be used: ${messageOf(error)}`;
    const advice = `The server wrapped them for another key than client_key: is the client ${deps.node} up to date there?`;
    return { ok: false, failure: contentFailure('key_outdated', what, where, advice) };
  }
}

function parse(body: string): AgentConfig | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  return readAgentConfig(json);
}

function openSession(config: AgentConfig, { key, curve }: BootstrapDeps): Session {
  const serverKey = config.curve_public_key;
  return {
    config,
    sessionKey: unwrapSessionKey(config.encoded_session_key, key),
    serverKey: createPublicKey(config.public_key),
    ...(serverKey === undefined ? {} : { curve: { ...curve, serverKey } }),
  };
}
