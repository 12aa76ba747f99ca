import sodium from 'sodium-native';
import { decodeZ85 } from '../../../server/src/zmq/z85.ts';
import { command, COMMAND, encodeFrame, frameFor, isCommand } from './frames.ts';
import { sharedKey } from './shared-key.ts';

/** The keys of a client, in Z85. */
export interface CurveClientKeys {
  readonly publicKey: string;
  readonly secretKey: string;
  readonly serverKey: string;
}

/** One connection's CurveZMQ (RFC 26), the client's side. */
export interface CurveClient {
  hello(): Buffer;
  /** The INITIATE that answers this WELCOME; undefined where it is none. */
  initiate(welcome: Buffer): Buffer | undefined;
  isReady(body: Buffer): boolean;
  /** The frame of a message or, with `COMMAND`, of a command. */
  seal(flags: number, payload: Buffer): Buffer;
  /** What a frame holds; undefined for what the server did not seal. */
  open(body: Buffer): { flags: number; payload: Buffer } | undefined;
}

/** Flags inside a box are not those of a frame: a command has the bit that is a long frame's there. */
const COMMAND_IN_BOX = 0x02;
const MAC = sodium.crypto_secretbox_MACBYTES;
const HEAD = 16;
const MESSAGE = command('MESSAGE');
const [HELLO, WELCOME, INITIATE, READY] = [
  nonce('HELLO---'),
  nonce('WELCOME-', ''),
  nonce('INITIATE'),
  nonce('READY---'),
];
const VOUCH = nonce('VOUCH---', '');
const [TO_SERVER, TO_CLIENT] = [nonce('MESSAGEC'), nonce('MESSAGES')];

/** Makes it. */
export function makeCurveClient(keys: CurveClientKeys, properties: Buffer): CurveClient {
  const server = bytesOf(keys.serverKey);
  const mine = { publicKey: bytesOf(keys.publicKey), secretKey: bytesOf(keys.secretKey) };
  const fresh = newPair();
  const helloKey = sharedKey(server, fresh.secretKey);
  let key = helloKey;
  let count = 0;

  function next(): Buffer {
    const short = Buffer.alloc(8);
    short.writeUInt32BE(++count, 4);
    return short;
  }

  return {
    hello: () => {
      const short = next();
      const box = seal(helloKey, HELLO, short, Buffer.alloc(64));
      const version = Buffer.from([1, 0]);
      return encodeFrame(
        COMMAND,
        command('HELLO', version, Buffer.alloc(72), fresh.publicKey, short, box),
      );
    },
    initiate: (welcome) => {
      if (!isCommand(welcome, 'WELCOME') || welcome.length !== 168) return undefined;
      const opened = open(helloKey, WELCOME, welcome.subarray(8, 24), welcome.subarray(24));
      if (opened === undefined) return undefined;
      const theirs = opened.subarray(0, 32);
      key = sharedKey(theirs, fresh.secretKey);
      const long = Buffer.alloc(16);
      sodium.randombytes_buf(long);
      const vouched = Buffer.concat([fresh.publicKey, server]);
      const vouch = seal(sharedKey(theirs, mine.secretKey), VOUCH, long, vouched);
      const short = next();
      const proof = Buffer.concat([mine.publicKey, long, vouch, properties]);
      const box = seal(key, INITIATE, short, proof);
      return encodeFrame(COMMAND, command('INITIATE', opened.subarray(32), short, box));
    },
    isReady: (body) =>
      isCommand(body, 'READY') &&
      open(key, READY, body.subarray(6, 14), body.subarray(14)) !== undefined,
    seal: (flags, payload) => {
      const { frame, at } = frameFor(0, HEAD + MAC + 1 + payload.length);
      MESSAGE.copy(frame, at);
      frame.writeUInt32BE(0, at + 8);
      frame.writeUInt32BE(++count, at + 12);
      frame.copy(TO_SERVER, 16, at + 8, at + 16);
      const plain = Buffer.allocUnsafe(1 + payload.length);
      plain[0] = flags === COMMAND ? COMMAND_IN_BOX : flags;
      payload.copy(plain, 1);
      sodium.crypto_secretbox_easy(frame.subarray(at + HEAD), plain, TO_SERVER, key);
      return frame;
    },
    open: (body) => {
      if (body.length < HEAD + MAC + 1 || !isCommand(body, 'MESSAGE')) return undefined;
      const plain = open(key, TO_CLIENT, body.subarray(8, HEAD), body.subarray(HEAD));
      const flags = plain?.[0];
      if (plain === undefined || flags === undefined) return undefined;
      const isOrder = (flags & COMMAND_IN_BOX) !== 0;
      return { flags: isOrder ? COMMAND : flags, payload: plain.subarray(1) };
    },
  };
}

/** A nonce whose end is filled in before each use: short ones begin with `CurveZMQ`. */
function nonce(name: string, prefix = 'CurveZMQ'): Buffer {
  const text = prefix + name;
  return Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(24 - text.length)]);
}

function seal(key: Buffer, whole: Buffer, end: Buffer, plain: Buffer): Buffer {
  end.copy(whole, 24 - end.length);
  const box = Buffer.allocUnsafe(plain.length + MAC);
  sodium.crypto_secretbox_easy(box, plain, whole, key);
  return box;
}

function open(key: Buffer, whole: Buffer, end: Buffer, box: Buffer): Buffer | undefined {
  if (box.length < MAC) return undefined;
  end.copy(whole, 24 - end.length);
  const plain = Buffer.allocUnsafe(box.length - MAC);
  return sodium.crypto_secretbox_open_easy(plain, box, whole, key) ? plain : undefined;
}

function newPair(): { publicKey: Buffer; secretKey: Buffer } {
  const publicKey = Buffer.alloc(sodium.crypto_box_PUBLICKEYBYTES);
  const secretKey = Buffer.alloc(sodium.crypto_box_SECRETKEYBYTES);
  sodium.crypto_box_keypair(publicKey, secretKey);
  return { publicKey, secretKey };
}

function bytesOf(key: string): Buffer {
  const bytes = decodeZ85(key);
  if (bytes?.length !== 32) throw new Error('no CURVE key in Z85');
  return bytes;
}
