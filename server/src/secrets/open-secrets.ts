import { createPrivateKey, createPublicKey, randomUUID, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import sodium from 'sodium-native';
import { curveKeyPair } from 'zeromq';
import {
  changedBundleText,
  newBundleText,
  newSealingId,
  readBundle,
  type Bundle,
  type BundleChange,
} from './bundle.ts';
import { createBundleFile, readBundleFile, replaceBundleFile } from './bundle-file.ts';
import { allocateLocked, lockSecret } from './locked-memory.ts';
import { openWith, sealWith, type SealingKey } from './sealing.ts';
import { SecretsError } from './secrets-error.ts';
import { makeSessionKeys } from './session-keys.ts';

/** What only this server knows, the same after every restart (Decision 11). */
export interface Secrets {
  /** True when this start made them: worth a line in the log. */
  readonly created: boolean;
  /** Changes when an operator asks for it. */
  readonly incarnationId: string;
  /** Signs the broadcast (REFERENCE 15.2). `publicPem` is SPKI. */
  readonly rsa: { publicPem: string; privateKey: KeyObject };
  /** Z85, both. */
  readonly curve: { publicKey: string; secretKey: string };
  /** Which derivation of session keys is in use. */
  readonly epoch: number;
  /** The 32 bytes that sign between the server and a node (REFERENCE 15.3) that was removed `generation` times. */
  sessionKey: (orgId: string, node: string, generation: number) => Buffer;
  /** Compares in a time that does not depend on where the bytes differ. */
  equal: (a: Buffer, b: Buffer) => boolean;
  /** Seals values at rest with the newest sealing key, opens with any. */
  sealer: {
    /** Number of the key that seals now. */
    readonly keyId: number;
    seal(plain: Buffer): { keyId: number; bytes: Buffer };
    open(keyId: number, bytes: Buffer): Buffer;
  };
  rotate: Rotation;
  /** Wipes the master and the sealing keys: nothing can be derived, sealed or opened any more. */
  close(): void;
}

/** Changes of the secrets while they are in use: in the file first, then here. One at a time. */
export interface Rotation {
  /** Makes a new sealing key; old ones still open what they sealed. `announce` gets its number before it is used. */
  sealingKey(announce: (keyId: number) => Promise<void>): Promise<number>;
  /** Gives every node another session key and makes all of them fetch it. */
  sessionKeys(): Promise<{ epoch: number; incarnationId: string }>;
  /** Makes all nodes fetch their configuration. */
  incarnation(): Promise<{ incarnationId: string }>;
}

/** What the database knows of the secrets. */
export interface SealedRows {
  /** Numbers of the keys that have sealed rows which are still there, out of those that may have. */
  missing(present: readonly number[]): Promise<number[]>;
}

const FILE_NAME = 'secrets';
/** Twice as many session keys as a process may have connections. */
const CACHED_KEYS = 40_000;

/** True where a server has made its secrets. */
export async function hasSecrets(dir: string): Promise<boolean> {
  const text = await readBundleFile(join(dir, FILE_NAME));
  if (text !== undefined) sodium.sodium_memzero(text);
  return text !== undefined;
}

/**
 * Opens the secrets in the data directory `dir`; makes them on first use, and never again. With `rows` it refuses
 * to work with a database that it cannot read, before it writes anything.
 */
export async function openSecrets(dir: string, rows?: SealedRows): Promise<Secrets> {
  const path = join(dir, FILE_NAME);
  const { bundle, created } = await readOrMake(path, rows);
  const privateKey = createPrivateKey({ key: bundle.rsa, format: 'der', type: 'pkcs8' });
  const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
  sodium.sodium_memzero(bundle.rsa);
  const master = lockSecret(bundle.master);
  let sealing = locked(bundle);
  let { epoch, incarnationId } = bundle;
  let keys = makeSessionKeys(master, epoch, CACHED_KEYS);
  let turn: Promise<unknown> = Promise.resolve();
  const newest = (): SealingKey => {
    const key = sealing.at(-1);
    if (key === undefined) throw new SecretsError('missing_key', `${path} has no sealing key`);
    return key;
  };
  /** Changes are made one after the other, whatever became of the one before. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work, work);
    turn = done;
    return done;
  };
  const renew = async (change: BundleChange): Promise<void> => {
    const now = await changeFile(path, change);
    ({ epoch, incarnationId } = now);
    keys = makeSessionKeys(master, epoch, CACHED_KEYS);
    // Those of before are the same keys: only the new one is taken over.
    const known = new Set(sealing.map(({ id }) => id));
    const added = locked({ sealing: now.sealing.filter(({ id }) => !known.has(id)) });
    for (const { id, key } of now.sealing) if (known.has(id)) sodium.sodium_memzero(key);
    sodium.sodium_memzero(now.master);
    sodium.sodium_memzero(now.rsa);
    sealing = [...sealing, ...added];
  };
  return {
    created,
    get incarnationId() {
      return incarnationId;
    },
    rsa: { publicPem: String(publicPem), privateKey },
    curve: bundle.curve,
    get epoch() {
      return epoch;
    },
    sessionKey: (orgId, node, generation) => keys(orgId, node, generation),
    equal: (a, b) => a.length === b.length && sodium.sodium_memcmp(a, b),
    sealer: {
      get keyId() {
        return newest().id;
      },
      seal: (plain) => sealWith(newest(), plain),
      open: (keyId, bytes) => openWith(sealing, keyId, bytes),
    },
    rotate: {
      sealingKey: (announce) =>
        inTurn(async () => {
          const id = newSealingId(sealing);
          await announce(id);
          await renew({ newSealingKey: id });
          return id;
        }),
      sessionKeys: () =>
        inTurn(async () => {
          await renew({ epoch: epoch + 1, incarnationId: randomUUID() });
          return { epoch, incarnationId };
        }),
      incarnation: () =>
        inTurn(async () => {
          await renew({ incarnationId: randomUUID() });
          return { incarnationId };
        }),
    },
    close: () => {
      master.wipe();
      for (const { secret } of sealing) secret.wipe();
    },
  };
}

async function readOrMake(
  path: string,
  rows: SealedRows | undefined,
): Promise<{ bundle: Bundle; created: boolean }> {
  const text = await readBundleFile(path);
  if (text === undefined) {
    await refuseMissing(path, [], rows);
    const fresh = newBundleText(curveKeyPair());
    await createBundleFile(path, fresh);
    sodium.sodium_memzero(fresh);
    // Read back: what counts is what the disk holds, or what another process was quicker to write.
    return { bundle: take((await readBundleFile(path)) ?? Buffer.alloc(0), path), created: true };
  }
  const bundle = take(text, path);
  await refuseMissing(path, bundle.sealing, rows);
  if (bundle.sealing.length > 0) return { bundle, created: false };
  // A file of the first format.
  const upgraded = await changeFile(path, { newSealingKey: newSealingId([]) });
  return { bundle: upgraded, created: false };
}

async function refuseMissing(
  path: string,
  keys: readonly { id: number }[],
  rows: SealedRows | undefined,
): Promise<void> {
  const missing = (await rows?.missing(keys.map(({ id }) => id))) ?? [];
  if (missing.length === 0) return;
  throw new SecretsError(
    'missing_key',
    `The database holds values that are sealed with ${missing.length === 1 ? 'key' : 'keys'} ` +
      `${missing.join(', ')}, which ${path} does not have: it belongs to another server, or it is older than the ` +
      'last rotation, or it is gone. Restore the file from a backup of this server; nothing was changed.',
  );
}

/** Changes the file and answers what it holds then. */
async function changeFile(path: string, change: BundleChange): Promise<Bundle> {
  const text = (await readBundleFile(path)) ?? Buffer.alloc(0);
  const changed = changedBundleText(text, change);
  sodium.sodium_memzero(text);
  if (changed === undefined) throw damaged(path);
  await replaceBundleFile(path, changed);
  return take(changed, path);
}

/** The bundle of a text, which is wiped. */
function take(text: Buffer, path: string): Bundle {
  const bundle = readBundle(text, allocateLocked);
  sodium.sodium_memzero(text);
  if (bundle === undefined) throw damaged(path);
  return bundle;
}

function locked({ sealing }: Pick<Bundle, 'sealing'>): SealingKey[] {
  return sealing.map(({ id, key }) => ({ id, secret: lockSecret(key) }));
}

function damaged(path: string): SecretsError {
  return new SecretsError(
    'damaged',
    `${path} is damaged. It holds the server's keys: restore it from a backup. Only when there is none, ` +
      'move it away: the next start makes new keys and every agent must fetch its configuration again. A database ' +
      'that holds values sealed with the old keys is refused then: it needs a new one.',
  );
}
