import type * as Http from 'node:http';
import { createRequire } from 'node:module';

/** Node's own client. An `import` would touch every member, and load another client with it: 30 ms of each start. */
export const { Agent, request, STATUS_CODES } = createRequire(import.meta.url)(
  'node:http',
) as typeof Http;
