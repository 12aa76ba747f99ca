import { ERROR_BODY } from '@pushy/protocol/http';
import type { RouteSpec } from './route.ts';

/** Why a request is refused (REFERENCE 3, 7). */
const REFUSALS: Readonly<Record<string, string>> = {
  '400': 'The headers, the query or the body are wrong; the text says what.',
  '401': 'The signature is missing, too old, or not of whom it names.',
  '403': 'Whoever signed it may not do this.',
  '404': 'There is no such organization or thing.',
  '406': 'The Accept header excludes what is provided.',
  '409': 'The job is in flight.',
  '413': 'The body is too long.',
  '415': 'The Content-Type is not the one that is taken.',
  '500': 'The server could not answer.',
  '502': 'The Chef server answered nothing that can be used.',
  '503': 'The database or the Chef server is away, or this server ends: try again later.',
};
const WITH_BODY = new Set(['413', '415']);
const WHEN_IN_FLIGHT = new Set(['409']);

const SIGNATURE = {
  type: 'apiKey',
  in: 'header',
  name: 'X-Ops-Authorization-1',
  description:
    'The request is signed by a user or client of the Chef server: X-Ops-Sign (version 1.0 to 1.3), X-Ops-Userid, X-Ops-Timestamp, X-Ops-Content-Hash and X-Ops-Authorization-N, as every Chef API client sends them.',
} as const;

const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  org: 'Name of the organization.',
  id: 'Id of the job.',
  node: 'Name of the node.',
};

interface Description {
  openapi: string;
  info: object;
  paths: Record<string, Record<string, object>>;
  components: object;
}

/** The description of the API by OpenAPI 3.1, made from the table of its routes and nothing else. */
export function describeApi(routes: readonly RouteSpec[], version: string): Description {
  const paths: Description['paths'] = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Push Jobs',
      version,
      description: 'Starts commands on nodes of a Chef organization and tells how they went.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: { Error: ERROR_BODY },
      securitySchemes: { chefSignature: SIGNATURE },
    },
  };
}

function operationOf(route: RouteSpec): object {
  const { name, summary, status, provides, response, body } = route;
  const content = { [provides]: response === undefined ? {} : { schema: response } };
  return {
    operationId: name,
    summary,
    security: route.access === 'public' ? [] : [{ chefSignature: [] }],
    parameters: parametersOf(route),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.required,
            content: { 'application/json': { schema: body.schema } },
          },
        }),
    responses: {
      [String(status)]: { description: 'As asked.', content },
      ...Object.fromEntries(refusalsOf(route).map((code) => [code, refusal(code)])),
    },
  };
}

function parametersOf({ path, query }: RouteSpec): object[] {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  return [
    ...names.map((name) => ({
      name,
      in: 'path',
      required: true,
      description: PATH_PARAMETERS[name] ?? name,
      schema: { type: 'string' },
    })),
    ...Object.entries(query?.properties ?? {}).map(([name, schema]) => ({
      name,
      in: 'query',
      required: false,
      schema,
    })),
  ];
}

function refusalsOf(route: RouteSpec): string[] {
  if (route.access === 'public') return route.query === undefined ? [] : ['400'];
  return Object.keys(REFUSALS).filter(
    (code) =>
      (route.body !== undefined || !WITH_BODY.has(code)) &&
      (route.method === 'POST' || !WHEN_IN_FLIGHT.has(code)),
  );
}

function refusal(code: string): object {
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
  return { description: REFUSALS[code] ?? '', content };
}
