import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import sodium from 'sodium-native';
import { curveKeyPair } from 'zeromq';
import { newBundleText, readBundle } from './bundle.ts';
import { createBundleFile, readBundleFile } from './bundle-file.ts';
import { allocateLocked, lockSecret } from './locked-memory.ts';
import { SecretsError } from './secrets-error.ts';
import { makeSessionKeys } from './session-keys.ts';

/** What only this server knows, the same after every restart (Decision 11). */
export interface Secrets {
  /** True when this start made them: worth a line in the log. */
  created: boolean;
  incarnationId: string;
  /** Signs the broadcast (REFERENCE 15.2). `publicPem` is SPKI. */
  rsa: { publicPem: string; privateKey: KeyObject };
  /** Z85, both. */
  curve: { publicKey: string; secretKey: string };
  /** Which derivation of session keys is in use. */
  epoch: number;
  /** The 32 bytes that sign between the server and a node (REFERENCE 15.3). */
  sessionKey: (orgId: string, node: string) => Buffer;
  /** Compares in a time that does not depend on where the bytes differ. */
  equal: (a: Buffer, b: Buffer) => boolean;
  /** Wipes the master; session keys cannot be derived any more. */
  close(): void;
}

const FILE_NAME = 'secrets';
/** More session keys than a process may have connections. */
const CACHED_KEYS = 20_000;

/** Opens the secrets in the data directory `dir`; makes them on first use, and never again. */
export async function openSecrets(dir: string): Promise<Secrets> {
  const path = join(dir, FILE_NAME);
  let text = await readBundleFile(path);
  const created = text === undefined;
  if (text === undefined) {
    const fresh = newBundleText(curveKeyPair());
    await createBundleFile(path, fresh);
    sodium.sodium_memzero(fresh);
    // Read back: what counts is what the disk holds, or what another process was quicker to write.
    text = (await readBundleFile(path)) ?? Buffer.alloc(0);
  }
  const bundle = readBundle(text, allocateLocked);
  sodium.sodium_memzero(text);
  if (bundle === undefined) {
    throw new SecretsError(
      'damaged',
      `${path} is damaged. It holds the server's keys: restore it from a backup. Only when there is none, ` +
        'move it away: the next start makes new keys and every agent must fetch its configuration again.',
    );
  }
  const { epoch, incarnationId, curve } = bundle;
  const privateKey = createPrivateKey({ key: bundle.rsa, format: 'der', type: 'pkcs8' });
  const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
  sodium.sodium_memzero(bundle.rsa);
  const master = lockSecret(bundle.master);
  return {
    created,
    incarnationId,
    rsa: { publicPem: String(publicPem), privateKey },
    curve,
    epoch,
    sessionKey: makeSessionKeys(master, epoch, CACHED_KEYS),
    equal: (a, b) => a.length === b.length && sodium.sodium_memcmp(a, b),
    close: master.wipe,
  };
}
