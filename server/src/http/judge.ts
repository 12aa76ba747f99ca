import type { FastifyReply, FastifyRequest } from 'fastify';
import { accepts } from './accept.ts';
import { refuse, send, type Answer } from './answer.ts';
import { readHeaders, type makeAuthenticate } from './authenticate.ts';
import type { Action, makeAuthorize } from './authorize.ts';
import type { BodyReader } from './bodies.ts';
import { readQuery } from './query.ts';
import type { Params, Route, SignedRoute } from './route.ts';

/** The only `Content-Type` of a body. */
const BODY_TYPE = 'application/json';

export interface JudgeDeps {
  clock: { now(): number };
  authenticate: ReturnType<typeof makeAuthenticate>;
  authorize: ReturnType<typeof makeAuthorize>;
  readBody: BodyReader;
}

/**
 * The order in which a request is judged, in one place (REFERENCE 3). The first step that fails answers.
 * Steps 1 to 3 (route and method) are the router's.
 */
export function makeJudge({ clock, authenticate, authorize, readBody }: JudgeDeps) {
  async function judge<P>(
    spec: SignedRoute,
    route: Route<P>,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Answer> {
    const params = request.params as Params;
    const org = params['org'] ?? '';

    // 4. authentication headers
    const signed = readHeaders(request.headers, clock.now());
    if (!signed.ok) return signed.answer;

    // 5. size of the body
    const body = await readBody(request, reply);
    if (!body.ok) return body.answer;

    // 6. job body, 7. ccpk, and the query of routes that read one
    const query = readQuery(spec.query, request.query as Readonly<Record<string, unknown>>);
    if (!query.ok) return query.answer;
    const asked = { params, query: query.value, body: body.value };
    const checked = route.check(asked);
    if (!checked.ok) return checked.answer;

    // 8. organization, principal, signature
    const raw = { method: request.method, path: request.originalUrl, body: body.value };
    const caller = await authenticate(org, signed.value, raw);
    if (!caller.ok) return caller.answer;

    // 9. groups and names
    const granted = await authorize(org, caller.value.principal, actionOf(spec, params));
    if (!granted.ok) return granted.answer;

    // 10. Accept
    if (!accepts(request.headers.accept, spec.provides)) {
      return refuse(406, `This resource is ${spec.provides} only.`).answer;
    }

    // 12. Content-Type (before 11: the reference takes a body in one route alone, where nothing can be missing)
    const given = spec.body?.required === true || (spec.body && body.value.length > 0);
    if (given === true && mediaType(request) !== BODY_TYPE) {
      return refuse(415, `The Content-Type must be ${BODY_TYPE}.`).answer;
    }

    // 11. existence, 13. success
    return route.answer({ ...asked, ...caller.value, org, request }, checked.value);
  }

  return <P>(spec: SignedRoute, route: Route<P>) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
      send(reply, await judge(spec, route, request, reply));
}

function actionOf({ action }: SignedRoute, params: Params): Action {
  return action === 'configure' ? { kind: action, node: params['node'] ?? '' } : { kind: action };
}

/** Parameters such as charset are ignored; missing counts as octets (REFERENCE 3 step 12). */
function mediaType(request: FastifyRequest): string {
  const [type = ''] = (request.headers['content-type'] ?? 'application/octet-stream').split(';');
  return type.trim().toLowerCase();
}
