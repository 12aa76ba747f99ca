/** Every number that both ends must agree on, with its unit and its clause. */

/** ZeroMQ header frame, bytes (REFERENCE 1, compile-time constants). */
export const MAX_HEADER_BYTES = 2048;
/** ZeroMQ body frame, bytes; equal is fine (REFERENCE 15.4, `max_body_size`). */
export const DEFAULT_MAX_BODY_BYTES = 65_536;
/** Age of a ZeroMQ message, milliseconds; a message this old is refused (REFERENCE 15.4). */
export const MAX_MESSAGE_SKEW_MS = 300_000;
/** Age of a signed HTTP request, milliseconds; a request this old is refused (REFERENCE 4.2). */
export const MAX_REQUEST_SKEW_MS = 900_000;
/** HTTP request body, bytes; equal is fine (REFERENCE 7). */
export const MAX_REQUEST_BYTES = 1_000_000;
/** Job file, bytes after its prefix is removed and base64 decoded; equal is fine (REFERENCE 8.3). */
export const MAX_FILE_BYTES = 100_000;
/** Job id that an agent may send, characters (REFERENCE 1). */
export const MAX_JOB_ID_LENGTH = 64;
/** Session key, bytes (REFERENCE 15.3). */
export const SESSION_KEY_BYTES = 32;
/** CURVE key in Z85, characters (REFERENCE 8.2). */
export const CURVE_KEY_LENGTH = 40;
/** Broadcasts that may be missed before an agent calls the server offline (REFERENCE 8.2). */
export const OFFLINE_THRESHOLD = 3;
/** Broadcasts that must be counted before an agent calls the server online again (REFERENCE 8.2). */
export const ONLINE_THRESHOLD = 2;
/** Version of the wire protocol that is spoken and accepted beside 1.0 (REFERENCE 15.2). */
export const PROTOCOL_VERSION = '2.0';

/** Jobs in one page of the list at most; without `limit` the list is whole. */
export const MAX_JOB_PAGE = 10_000;
/** Nodes of one job, named or found; the reference has no bound but its body's. */
export const MAX_JOB_NODES = 50_000;
