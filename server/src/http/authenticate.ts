import {
  readSignedHeaders,
  verifyRequest,
  type HeaderRefusal,
  type SignedHeaders,
} from 'mixlib-authentication-ts';
import { MAX_REQUEST_SKEW_MS } from '@pushy/protocol';
import { refuse, type Judged } from './answer.ts';
import { makeParsedKeys } from './parsed-keys.ts';

/** Whoever holds a key: one element per key, so that a name may occur more than once (REFERENCE 5). */
export interface Principal {
  name: string;
  type: 'user' | 'client';
  /** PKCS#1, SPKI or X.509, PEM. */
  publicKey: string;
  /** What came with it about groups, for the directory's own use. */
  memberships?: Readonly<Record<string, 'member' | 'not_member' | 'no_group'>>;
}

/** The outcome of a look-up; `reused` says that the answer is a few seconds old. */
export type RequesterLookup =
  | { found: 'principals'; orgId: string; principals: readonly Principal[]; reused: boolean }
  | { found: 'none' | 'not_member' | 'no_organization' };

/** What authentication asks the directory. Rejects with code `directory_unreachable` or `directory_failed`. */
export interface Requesters {
  requester(org: string, name: string, how?: { fresh: boolean }): Promise<RequesterLookup>;
}

/** The signed part of a request, its path exactly as it was sent. */
export interface RawRequest {
  method: string;
  path: string;
  body: Buffer;
}

/** A requester whose signature was right, in the organization that he asked. */
export interface Caller {
  orgId: string;
  principal: Principal;
}

/** REFERENCE 4.3: both refusals of a requester name the versions that old clients look for. */
const CHALLENGE = { 'WWW-Authenticate': 'X-Ops-Sign version="1.0" version="1.1"' };

/** The headers alone, before anybody is asked (REFERENCE 3 step 4; 4.3 rows 1–4). */
export function readHeaders(
  headers: Record<string, string | string[] | undefined>,
  now: number,
): Judged<SignedHeaders> {
  const read = readSignedHeaders(headers, now, MAX_REQUEST_SKEW_MS);
  return read.ok ? read : refuseHeaders(read.refusal);
}

function refuseHeaders(refusal: HeaderRefusal): Judged<never> {
  switch (refusal.reason) {
    case 'missing': {
      const names = refusal.headers.map((name) => `'${name}'`).join(', ');
      return refuse(400, `missing required authentication header(s) ${names}`);
    }
    case 'bad_timestamp':
      return refuse(401, "bad header(s) 'X-Ops-Timestamp'");
    case 'clock_skew':
      return refuse(
        401,
        `Failed to authenticate as ${refusal.userId}. Synchronize the clock on your host.`,
      );
    case 'unsupported_version':
      return refuse(400, 'Unsupported authentication protocol version');
  }
}

/** Organization, principal and signature (REFERENCE 3 step 8; 4.3 rows 5–9). */
export function makeAuthenticate(directory: Requesters) {
  const parse = makeParsedKeys();
  return async (
    org: string,
    signed: SignedHeaders,
    request: RawRequest,
  ): Promise<Judged<Caller>> => {
    try {
      return await authenticate({ directory, parse }, org, signed, request);
    } catch (error) {
      return refuseForDirectory(error);
    }
  };
}

/** A key from its text. */
type Parse = ReturnType<typeof makeParsedKeys>;

async function authenticate(
  { directory, parse }: { directory: Requesters; parse: Parse },
  org: string,
  signed: SignedHeaders,
  request: RawRequest,
): Promise<Judged<Caller>> {
  const name = signed.userId;
  let lookup = await directory.requester(org, name);
  let caller = verified(lookup, signed, request, parse);
  if (caller === undefined && 'reused' in lookup && lookup.reused) {
    // Decision 6: the key may have been replaced a moment ago.
    lookup = await directory.requester(org, name, { fresh: true });
    caller = verified(lookup, signed, request, parse);
  }
  if (caller !== undefined) return { ok: true, value: caller };
  switch (lookup.found) {
    case 'principals':
      return refuse(401, `Invalid signature for user or client '${name}'`, CHALLENGE);
    case 'not_member':
      return refuse(403, `'${name}' is not associated with organization '${org}'`);
    case 'no_organization':
      return refuse(404, `organization '${org}' does not exist.`);
    case 'none':
      return refuse(
        401,
        `Failed to authenticate as '${name}'. Ensure that your node_name and client key are correct.`,
        CHALLENGE,
      );
  }
}

/** Every key is tried; the one that fits says who asks (REFERENCE 5). */
function verified(
  lookup: RequesterLookup,
  signed: SignedHeaders,
  request: RawRequest,
  parse: Parse,
): Caller | undefined {
  if (lookup.found !== 'principals') return undefined;
  const { orgId, principals } = lookup;
  const principal = principals.find((p) => verifyRequest(signed, request, parse(p.publicKey)));
  return principal && { orgId, principal };
}

/** A Chef server that cannot be reached is 502; every other failure of it is a failure of this request (500). */
function refuseForDirectory(error: unknown): Judged<never> {
  if (error instanceof Error && 'code' in error && error.code === 'directory_unreachable') {
    return refuse(502, `Failed to connect to erchef to get key: ${error.message}`);
  }
  throw error;
}
