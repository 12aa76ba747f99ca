import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { answerBegins } from './answering.ts';

/** What a request is answered with. */
export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** Sent as compact JSON, without a newline at the end (REFERENCE 8.3). */
  json?: unknown;
  /** Sent as it is. */
  bytes?: Buffer;
  /** Writes the body, for as long as that takes, once the head is sent; it must end or destroy what it is given. */
  stream?: (body: ServerResponse) => void;
}

/** The outcome of one step of the judgement: a value for the next step, or the answer. */
export type Judged<T> = { ok: true; value: T } | { ok: false; answer: Answer };

/** A refusal in the usual shape: `error` is an array of one text (REFERENCE 7). */
export function refuse(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): { ok: false; answer: Answer } {
  return { ok: false, answer: { status, headers, json: { error: [text] } } };
}

/** A refusal whose `error` is the bare text: 413 and the checks of a job body (REFERENCE 7). */
export function refuseBare(status: number, text: string): { ok: false; answer: Answer } {
  return { ok: false, answer: { status, json: { error: text } } };
}

/** Sends an answer with its exact length and type (H8: errors have a type as well). */
export function send(reply: FastifyReply, answer: Answer): FastifyReply {
  answerBegins(reply);
  if (answer.stream !== undefined) {
    reply.hijack();
    reply.raw.writeHead(answer.status, answer.headers);
    reply.raw.flushHeaders();
    answer.stream(reply.raw);
    return reply;
  }
  const body = answer.bytes ?? Buffer.from(JSON.stringify(answer.json ?? {}));
  const type = answer.bytes === undefined ? 'application/json' : 'application/octet-stream';
  return reply
    .code(answer.status)
    .headers({ 'content-type': type, ...answer.headers })
    .send(body);
}
