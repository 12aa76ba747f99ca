import {
  createHash,
  generateKeyPairSync,
  randomFillSync,
  randomInt,
  randomUUID,
} from 'node:crypto';
import { hexInto, toHex } from './hex.ts';

/** A key that seals rows, with the number that stands beside them. 32 bytes. */
export interface SealingKeyBytes {
  id: number;
  key: Buffer;
}

/**
 * What makes a server the same server after a restart: provided, moved and backed up together, as one file
 * (Decision 11).
 */
export interface Bundle {
  /** Number of the derivation of session keys; a rotation is the next number. */
  epoch: number;
  incarnationId: string;
  /** PKCS#8 DER. */
  rsa: Buffer;
  /** Z85. */
  curve: { publicKey: string; secretKey: string };
  /** 32 bytes. */
  master: Buffer;
  /** Oldest first: the last one seals. None in a file of the first format. */
  sealing: SealingKeyBytes[];
}

const FIRST_LINE = 'pushy-secrets 2';
/** The format before there were sealing keys. */
const FIRST_LINE_1 = 'pushy-secrets 1';
const KEY_BYTES = 32;
const RSA_BITS = 2048;
/** The largest number of a key: an integer of the database. */
const MAX_ID = 2 ** 31;

/** The text of a bundle that nobody has had before, around a new CURVE key pair. */
export function newBundleText(curve: Bundle['curve']): Buffer {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: RSA_BITS });
  const der = privateKey.export({ type: 'pkcs8', format: 'der' });
  return withDigest([
    Buffer.from(
      [
        FIRST_LINE,
        'epoch 1',
        `incarnation ${randomUUID()}`,
        `rsa ${der.toString('base64')}`,
        `curve-public ${curve.publicKey}`,
        `curve-secret ${curve.secretKey}`,
        'master ',
      ].join('\n'),
    ),
    newKey(),
    sealingLine(newSealingId([])),
  ]);
}

/** What a rotation changes in a bundle; all else stays. */
export interface BundleChange {
  epoch?: number;
  incarnationId?: string;
  /** Number of a sealing key to be made. */
  newSealingKey?: number;
}

/** A number that none of these keys has. Random: the keys of another bundle are not taken for these. */
export function newSealingId(keys: readonly { id: number }[]): number {
  for (;;) {
    const id = randomInt(1, MAX_ID);
    if (keys.every((key) => key.id !== id)) return id;
  }
}

/** The text of a bundle of any format, changed, in the newest format; undefined when it is damaged. */
export function changedBundleText(text: Buffer, change: BundleChange): Buffer | undefined {
  const parts = intactLines(text);
  if (parts === undefined) return undefined;
  const lines = parts.map(([name, value]): Buffer => {
    if (name === FIRST_LINE_1) return Buffer.from(`${FIRST_LINE}\n`);
    if (name === 'epoch' && change.epoch !== undefined)
      return Buffer.from(`epoch ${change.epoch}\n`);
    if (name === 'incarnation' && change.incarnationId !== undefined) {
      return Buffer.from(`incarnation ${change.incarnationId}\n`);
    }
    const space = value.length === 0 ? '' : ' ';
    return Buffer.concat([Buffer.from(`${name}${space}`), value, Buffer.from('\n')]);
  });
  if (change.newSealingKey !== undefined) lines.push(sealingLine(change.newSealingKey));
  return withDigest(lines);
}

/**
 * Reads the text of a bundle; undefined when it is damaged. Keys go from the bytes straight into buffers of the
 * caller's making: they never become strings, which nobody could wipe.
 */
export function readBundle(text: Buffer, allocate: (size: number) => Buffer): Bundle | undefined {
  const lines = intactLines(text);
  if (lines === undefined) return undefined;
  const parts = new Map(lines);
  const line = (name: string): string => parts.get(name)?.toString('latin1') ?? '';
  const master = parts.get('master');
  if (master?.length !== 2 * KEY_BYTES) return undefined;
  const sealing: SealingKeyBytes[] = [];
  for (const [name, value] of lines) {
    if (name !== 'sealing') continue;
    const space = value.indexOf(' ');
    const hex = value.subarray(space + 1);
    if (hex.length !== 2 * KEY_BYTES) return undefined;
    const id = Number(value.subarray(0, space).toString('latin1'));
    sealing.push({ id, key: hexInto(allocate(KEY_BYTES), hex) });
  }
  return {
    epoch: Number(line('epoch')),
    incarnationId: line('incarnation'),
    rsa: Buffer.from(line('rsa'), 'base64'),
    curve: { publicKey: line('curve-public'), secretKey: line('curve-secret') },
    master: hexInto(allocate(KEY_BYTES), master),
    sealing,
  };
}

/** Name and value of each line, the values as views of the bytes; undefined for a text that is not as written. */
function intactLines(text: Buffer): [name: string, value: Buffer][] | undefined {
  const lastLine = text.lastIndexOf('digest ');
  if (lastLine < 0) return undefined;
  const body = text.subarray(0, lastLine);
  const digest = text.subarray(lastLine).toString('latin1');
  if (digest !== `digest ${digestOf(body)}\n`) return undefined;
  const lines: [string, Buffer][] = [];
  let start = 0;
  for (let end = body.indexOf('\n'); end >= 0; end = body.indexOf('\n', start)) {
    const line = body.subarray(start, end);
    // The first line is a name as a whole.
    const space = start === 0 ? line.length : line.indexOf(' ');
    lines.push([line.subarray(0, space).toString('latin1'), line.subarray(space + 1)]);
    start = end + 1;
  }
  const format = lines[0]?.[0];
  return format === FIRST_LINE || format === FIRST_LINE_1 ? lines : undefined;
}

function sealingLine(id: number): Buffer {
  return Buffer.concat([Buffer.from(`sealing ${id} `), newKey()]);
}

/** A new key as digits, and the end of its line. */
function newKey(): Buffer {
  const bytes = randomFillSync(Buffer.alloc(KEY_BYTES));
  const hex = toHex(bytes);
  randomFillSync(bytes);
  return Buffer.concat([hex, Buffer.from('\n')]);
}

/** The digest is not a secret: it shows a file that was cut or changed by accident. */
function withDigest(lines: readonly Buffer[]): Buffer {
  const body = Buffer.concat(lines);
  return Buffer.concat([body, Buffer.from(`digest ${digestOf(body)}\n`)]);
}

function digestOf(lines: Buffer): string {
  return createHash('sha256').update(lines).digest('hex');
}
