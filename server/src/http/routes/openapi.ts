import Type from 'typebox';
import { VERSION } from '../../version.ts';
import type { Answer } from '../answer.ts';
import { describeApi } from '../openapi.ts';
import type { RouteSpec } from '../route.ts';

/** As much of the description's own shape as its readers need to know. */
export const DESCRIPTION = Type.Object({
  openapi: Type.Literal('3.1.0'),
  info: Type.Object({ title: Type.String(), version: Type.String() }),
  paths: Type.Object({}),
  components: Type.Object({}),
});

/** `GET /pushy/openapi.json`, for everybody (Decision 13). */
export function makeGetDescription(routes: readonly RouteSpec[]): () => Answer {
  const json = describeApi(routes, VERSION);
  return () => ({ status: 200, json });
}
