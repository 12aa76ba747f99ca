import type { FastifyReply, FastifyRequest } from 'fastify';
import { MAX_REQUEST_BYTES } from '@pushy/protocol';
import { accepts, type MediaType } from './accept.ts';
import { refuse, send, type Answer, type Judged } from './answer.ts';
import { readHeaders, type Caller, type makeAuthenticate } from './authenticate.ts';
import type { Action, makeAuthorize } from './authorize.ts';
import { readBody } from './body.ts';

/** The variable segments of a path, not percent-decoded (REFERENCE 2). */
export type Params = Readonly<Record<string, string>>;

/** A request that is as far as its headers and body. */
export interface Asked {
  params: Params;
  query: Readonly<Record<string, unknown>>;
  body: Buffer;
}

/** A request that may be answered. */
export interface Allowed extends Asked, Caller {
  org: string;
  request: FastifyRequest;
}

/** One route: what differs between them. `P` is what its own checks of the request yield. */
export interface Route<P> {
  provides: MediaType;
  /** The only `Content-Type` that it takes. */
  consumes?: MediaType;
  action(params: Params): Action;
  /** Steps 6 and 7: what can be said of the request before anybody is asked who sent it. */
  check(asked: Asked): Judged<P>;
  /** Steps 11 and 13; a missing thing is 404. */
  answer(allowed: Allowed, checked: P): Promise<Answer>;
}

export interface JudgeDeps {
  clock: { now(): number };
  authenticate: ReturnType<typeof makeAuthenticate>;
  authorize: ReturnType<typeof makeAuthorize>;
}

/**
 * The order in which a request is judged, in one place (REFERENCE 3). The first step that fails answers.
 * Steps 1 to 3 (route and method) are the router's.
 */
export function makeJudge({ clock, authenticate, authorize }: JudgeDeps) {
  async function judge<P>(route: Route<P>, request: FastifyRequest): Promise<Answer> {
    const params = request.params as Params;
    const org = params['org'] ?? '';

    // 4. authentication headers
    const signed = readHeaders(request.headers, clock.now());
    if (!signed.ok) return signed.answer;

    // 5. size of the body
    const body = await readBody(request.raw, MAX_REQUEST_BYTES);
    if (!body.ok) return body.answer;

    // 6. job body, 7. ccpk
    const asked = { params, query: request.query as Asked['query'], body: body.value };
    const checked = route.check(asked);
    if (!checked.ok) return checked.answer;

    // 8. organization, principal, signature
    const raw = { method: request.method, path: request.originalUrl, body: body.value };
    const caller = await authenticate(org, signed.value, raw);
    if (!caller.ok) return caller.answer;

    // 9. groups and names
    const granted = await authorize(org, caller.value.principal, route.action(params));
    if (!granted.ok) return granted.answer;

    // 10. Accept
    if (!accepts(request.headers.accept, route.provides)) {
      return refuse(406, `This resource is ${route.provides} only.`).answer;
    }

    // 12. Content-Type (nothing that takes a body can be missing, so that 11 has nothing to say before it)
    if (route.consumes !== undefined && mediaType(request) !== route.consumes) {
      return refuse(415, `The Content-Type must be ${route.consumes}.`).answer;
    }

    // 11. existence, 13. success
    return route.answer({ ...asked, ...caller.value, org, request }, checked.value);
  }

  return <P>(route: Route<P>) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
      send(reply, await judge(route, request));
}

/** Parameters such as charset are ignored; missing counts as octets (REFERENCE 3 step 12). */
function mediaType(request: FastifyRequest): string {
  const [type = ''] = (request.headers['content-type'] ?? 'application/octet-stream').split(';');
  return type.trim().toLowerCase();
}
