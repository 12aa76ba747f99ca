import assert from 'node:assert/strict';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describeApi } from '../../../../server/src/http/openapi.ts';
import { ROUTES } from '../../../../server/src/http/route-table.ts';
import { VERSION } from '../../../../server/src/version.ts';

interface Operation {
  operationId: string;
  security: object[];
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { required: boolean };
  responses: Record<string, { content: Record<string, { schema?: object }> }>;
}

describe('the description of the API (Decision 13)', () => {
  // As it is sent.
  const text = JSON.stringify(describeApi(ROUTES, VERSION));
  const document = JSON.parse(text) as {
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
  };

  it('is a valid document of OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(
      JSON.parse(text) as Record<string, unknown>,
    );
    assert.deepEqual(errors, undefined);
    assert.equal(valid, true);
    assert.equal(document.openapi, '3.1.0');
  });

  it('would not pass with a mistake in it', async () => {
    const wrong = JSON.parse(text) as { paths: Record<string, unknown> };
    wrong.paths['/x'] = { get: { responses: { '200': {} } } };
    assert.equal((await new Validator().validate(wrong)).valid, false);
  });

  for (const route of ROUTES) {
    it(`has ${route.method} ${route.path}, who may ask, what it takes and what it answers`, () => {
      const path = route.path.replace(/:(\w+)/g, '{$1}');
      const operation = document.paths[path]?.[route.method.toLowerCase()];
      assert.ok(operation !== undefined, path);
      assert.equal(operation.operationId, route.name);
      assert.equal(operation.security.length, route.access === 'public' ? 0 : 1);
      assert.deepEqual(
        operation.parameters.filter((p) => p.in === 'path').map((p) => [`{${p.name}}`, p.required]),
        (path.match(/\{\w+\}/g) ?? []).map((name) => [name, true]),
      );
      assert.deepEqual(
        operation.parameters.filter((p) => p.in === 'query').map((p) => p.name),
        Object.keys(route.query?.properties ?? {}),
      );
      assert.equal(operation.requestBody?.required, route.body?.required);
      const answer = operation.responses[String(route.status)]?.content[route.provides];
      assert.ok(answer !== undefined);
      assert.deepEqual(
        answer.schema,
        route.response === undefined ? undefined : JSON.parse(JSON.stringify(route.response)),
      );
    });
  }

  it('has nothing else', () => {
    const described = Object.values(document.paths).flatMap((path) => Object.keys(path));
    assert.equal(described.length, ROUTES.length);
  });
});
