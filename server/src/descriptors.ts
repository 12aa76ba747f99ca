import { readdirSync, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

/** How many descriptors this process may have, and has. */
export interface Descriptors {
  limit: number;
  open: number;
}

/** Connections that are taken at most, by where they come in. */
export interface ConnectionBounds {
  http: number;
  /** On each of the two ZeroMQ sockets: a node has one on both. */
  wire: number;
}

/** The kernel's word for "as many as you like"; beyond this the bounds below are far away anyway. */
const UNLIMITED = 1_048_576;
/** Descriptors for files and what else is no connection of somebody's to this server, or of this server's. */
const RESERVE = 44;
/** Connections of clients of the API, feeds among them. */
const MAX_HTTP = 4_096;
/**
 * Of what there is, the API's part. Nodes need two descriptors each, and there are many more of them; half of this
 * part is promised to them as well, for clients seldom use all of it.
 */
const HTTP_PART = 1 / 8;
/** Below so many nodes the limit is worth a line in the log. */
const FEW_NODES = 2_000;

/** Asks Linux. Elsewhere the limit is not known, and what it would bound is bounded by a usual one. */
export async function readDescriptors(): Promise<Descriptors> {
  try {
    const limits = await readFile('/proc/self/limits', 'utf8');
    const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? UNLIMITED);
    return { limit, open: (await readdir('/proc/self/fd')).length };
  } catch {
    return { limit: 10_240, open: 64 };
  }
}

/**
 * Descriptors that this process has now; undefined where nobody knows. Linux says it as the size of a directory since
 * 6.2; to read that directory costs a tenth of a second with ten thousand nodes.
 */
export function openDescriptors(): number | undefined {
  const at = '/proc/self/fd';
  try {
    const { size } = statSync(at);
    return size > 0 ? size : readdirSync(at).length - 1;
  } catch {
    return undefined;
  }
}

/** Shares the descriptors that are left among the three listeners; `own`: this server's connections to others. */
export function boundConnections({ limit, open }: Descriptors, own: number): ConnectionBounds {
  const free = Math.max(0, limit - open - RESERVE - own);
  const http = Math.max(16, Math.min(MAX_HTTP, Math.floor(free * HTTP_PART)));
  return { http, wire: Math.max(16, Math.floor((free - http / 2) / 2)) };
}

/** Says what the limit means; a person must act when it is small. */
export function describeBounds(
  { limit }: Descriptors,
  bounds: ConnectionBounds,
  log: Record<'info' | 'warn', (fields: object, message: string) => void>,
): void {
  const fields = { descriptors: limit, nodes: bounds.wire, http_connections: bounds.http };
  if (bounds.wire < FEW_NODES) {
    log.warn(fields, 'the limit of open files is small: raise it (LimitNOFILE, ulimit -n)');
  } else {
    log.info(fields, 'connections are bounded by the limit of open files');
  }
}
