import type { FastifyRequest } from 'fastify';
import type Type from 'typebox';
import type { MediaType } from './accept.ts';
import type { Answer, Judged } from './answer.ts';
import type { AppDeps } from './app-deps.ts';
import type { Caller } from './authenticate.ts';
import type { Action } from './authorize.ts';
import type { Query, QuerySchema } from './query.ts';

/** The variable segments of a path, not percent-decoded (REFERENCE 2). */
export type Params = Readonly<Record<string, string>>;

/** A request that is as far as its headers and body. */
export interface Asked {
  params: Params;
  /** Members of the route's query schema that were given, read. */
  query: Query;
  body: Buffer;
}

/** A request that may be answered. */
export interface Allowed extends Asked, Caller {
  org: string;
  request: FastifyRequest;
}

/** What a route does. `P` is what its own checks of the request yield. */
export interface Route<P> {
  /** Steps 6 and 7: what can be said of the request before anybody is asked who sent it. */
  check(asked: Asked): Judged<P>;
  /** Steps 11 and 13; a missing thing is 404. */
  answer(allowed: Allowed, checked: P): Promise<Answer>;
}

/** What is known of every route: the application and its description are made from this (REFERENCE 2). */
interface Described {
  /** Unique, for people and tests. */
  name: string;
  method: 'GET' | 'POST';
  /** Segments; a colon marks a variable one. */
  path: string;
  /** What it is for, one sentence. */
  summary: string;
  provides: MediaType;
  /** Status of success. */
  status: 200 | 201 | 202;
  /** What of the query is read; every value is checked against it. */
  query?: QuerySchema;
  /** Body that it takes; what is wrong with one is answered by the route itself. */
  body?: { schema: Type.TSchema; required: boolean };
  /** Body of success, for a route that provides JSON. */
  response?: Type.TSchema;
}

/** A route for everybody: it reads nothing of the request but its query. */
export interface PublicRoute extends Described {
  access: 'public';
  make(deps: AppDeps): (query: Query) => Answer;
}

/** A route for requests that are signed and authorized. */
export interface SignedRoute extends Described {
  access: 'signed';
  action: Action['kind'];
  /** Says by itself what its checks yield, so that one table holds routes of all kinds. */
  make<R>(deps: AppDeps, use: <P>(route: Route<P>) => R): R;
}

export type RouteSpec = PublicRoute | SignedRoute;
