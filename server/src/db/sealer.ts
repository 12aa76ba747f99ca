/** Bytes that only this server can read, and which of its keys reads them (Decision 11). */
export interface Sealed {
  keyId: number;
  bytes: Buffer;
}

/** Seals what is secret in a row. `open` throws for a key that is not there and for bytes that were changed. */
export interface Sealer {
  seal(plain: Buffer): Sealed;
  open(keyId: number, bytes: Buffer): Buffer;
}

/** The plain bytes of a stored value; without a key it was never sealed: an older version wrote it. */
export function unseal(sealer: Pick<Sealer, 'open'>, keyId: number | null, bytes: Buffer): Buffer {
  return keyId === null ? bytes : sealer.open(keyId, bytes);
}
