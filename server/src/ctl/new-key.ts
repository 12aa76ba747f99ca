import { generateKeyPair } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ServerError } from '../errors.ts';

/** RSA, bits: what Chef servers make. */
const BITS = 2048;

/** Where the private key goes: a file that does not exist yet, or the text to print. */
export interface NewKey {
  publicKey: string;
  /** PEM; undefined when it is in the file. */
  privateKey: string | undefined;
  /** The command failed: nobody needs the file. */
  discard(): Promise<void>;
}

/** A fresh key pair, in the forms that Chef clients read; the private half never leaves this process but for `file`. */
export async function makeNewKey(file: string | undefined): Promise<NewKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  if (file === undefined) return { publicKey, privateKey, discard: () => Promise.resolve() };
  try {
    await writeFile(file, privateKey, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    throw new ServerError(
      'refused',
      exists
        ? `${file} exists already: name another file, or move it away.`
        : `The key cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  return { publicKey, privateKey: undefined, discard: () => rm(file, { force: true }) };
}
