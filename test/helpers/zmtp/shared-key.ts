import sodium from 'sodium-native';

/** "expand 32-byte k", as every cipher of the Salsa20 family has it. */
const SIGMA = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;
/** Words of the state that are the answer. */
const TAKEN = [0, 5, 10, 15, 6, 7, 8, 9] as const;
/** Of each quarter round: the word that changes, the two that change it, and by how many bits their sum turns. */
const DOUBLE_ROUND = [
  [4, 0, 12, 7],
  [8, 4, 0, 9],
  [12, 8, 4, 13],
  [0, 12, 8, 18],
  [9, 5, 1, 7],
  [13, 9, 5, 9],
  [1, 13, 9, 13],
  [5, 1, 13, 18],
  [14, 10, 6, 7],
  [2, 14, 10, 9],
  [6, 2, 14, 13],
  [10, 6, 2, 18],
  [3, 15, 11, 7],
  [7, 3, 15, 9],
  [11, 7, 3, 13],
  [15, 11, 7, 18],
  [1, 0, 3, 7],
  [2, 1, 0, 9],
  [3, 2, 1, 13],
  [0, 3, 2, 18],
  [6, 5, 4, 7],
  [7, 6, 5, 9],
  [4, 7, 6, 13],
  [5, 4, 7, 18],
  [11, 10, 9, 7],
  [8, 11, 10, 9],
  [9, 8, 11, 13],
  [10, 9, 8, 18],
  [12, 15, 14, 7],
  [13, 12, 15, 9],
  [14, 13, 12, 13],
  [15, 14, 13, 18],
] as const;

/**
 * The key of `crypto_box` between two pairs, once for all messages: a box with it is a `crypto_secretbox`. libsodium
 * has this function; its binding for Node has not.
 */
export function sharedKey(theirPublic: Buffer, mySecret: Buffer): Buffer {
  const shared = Buffer.alloc(sodium.crypto_scalarmult_BYTES);
  sodium.crypto_scalarmult(shared, mySecret, theirPublic);
  return hsalsa20(shared);
}

/** HSalsa20 of a key and sixteen zeros. */
function hsalsa20(key: Buffer): Buffer {
  const x = new Int32Array(16);
  SIGMA.forEach((word, i) => (x[5 * i] = word));
  for (let i = 0; i < 4; i++) {
    x[1 + i] = key.readInt32LE(4 * i);
    x[11 + i] = key.readInt32LE(16 + 4 * i);
  }
  for (let round = 0; round < 10; round++) {
    for (const [to, a, b, bits] of DOUBLE_ROUND) {
      const sum = ((x[a] ?? 0) + (x[b] ?? 0)) | 0;
      x[to] = (x[to] ?? 0) ^ ((sum << bits) | (sum >>> (32 - bits)));
    }
  }
  const out = Buffer.alloc(32);
  TAKEN.forEach((from, i) => out.writeInt32LE(x[from] ?? 0, 4 * i));
  return out;
}
