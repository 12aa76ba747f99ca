import { createHash, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';

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
}

const FIRST_LINE = 'pushy-secrets 1';
const MASTER_BYTES = 32;
const RSA_BITS = 2048;

/** The text of a bundle that nobody has had before, around a new CURVE key pair. */
export function newBundleText(curve: Bundle['curve']): Buffer {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: RSA_BITS });
  const lines = Buffer.from(
    [
      FIRST_LINE,
      'epoch 1',
      `incarnation ${randomUUID()}`,
      `rsa ${privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')}`,
      `curve-public ${curve.publicKey}`,
      `curve-secret ${curve.secretKey}`,
      `master ${randomBytes(MASTER_BYTES).toString('hex')}`,
      '',
    ].join('\n'),
  );
  // The digest is not a secret: it shows a file that was cut or changed by accident.
  return Buffer.concat([lines, Buffer.from(`digest ${digestOf(lines)}\n`)]);
}

/**
 * Reads the text of a bundle; undefined when it is damaged. The master goes from the bytes straight into a buffer
 * of the caller's making: it never becomes a string, which nobody could wipe.
 */
export function readBundle(text: Buffer, allocate: (size: number) => Buffer): Bundle | undefined {
  const lastLine = text.lastIndexOf('digest ');
  if (lastLine < 0) return undefined;
  const lines = text.subarray(0, lastLine);
  if (text.subarray(lastLine).toString('latin1') !== `digest ${digestOf(lines)}\n`)
    return undefined;
  const parts = split(lines);
  const line = (name: string): string => parts.get(name)?.toString('latin1') ?? '';
  const master = parts.get('master');
  if (!parts.has(FIRST_LINE) || master?.length !== 2 * MASTER_BYTES) return undefined;
  return {
    epoch: Number(line('epoch')),
    incarnationId: line('incarnation'),
    rsa: Buffer.from(line('rsa'), 'base64'),
    curve: { publicKey: line('curve-public'), secretKey: line('curve-secret') },
    master: hexInto(allocate(MASTER_BYTES), master),
  };
}

/** Name -> value of each line, as views of the bytes. The first line has no value but its version. */
function split(lines: Buffer): Map<string, Buffer> {
  const parts = new Map<string, Buffer>();
  let start = 0;
  for (let end = lines.indexOf('\n'); end >= 0; end = lines.indexOf('\n', start)) {
    const line = lines.subarray(start, end);
    if (start === 0) parts.set(line.toString('latin1'), Buffer.alloc(0));
    const space = line.indexOf(' ');
    parts.set(line.subarray(0, space).toString('latin1'), line.subarray(space + 1));
    start = end + 1;
  }
  return parts;
}

function hexInto(target: Buffer, hex: Buffer): Buffer {
  for (let i = 0; i < target.length; i++) {
    target[i] = (nibble(hex[2 * i]) << 4) | nibble(hex[2 * i + 1]);
  }
  return target;
}

/** 0–9 are 0x30–0x39, a–f are 0x61–0x66. */
function nibble(character = 0): number {
  return character < 0x3a ? character - 0x30 : character - 0x57;
}

function digestOf(lines: Buffer): string {
  return createHash('sha256').update(lines).digest('hex');
}
