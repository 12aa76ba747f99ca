import { createPublicKey, type KeyObject } from 'node:crypto';

/** Keys that are remembered; each takes a few kilobytes. */
const MAX_KEYS = 1_000;

/**
 * The key of a PEM text, parsed once: reading it costs several times what its use costs. A text that is no key stays
 * a text, and proves nothing. The same text is the same key for ever: who may use it is for the directory to say.
 */
export function makeParsedKeys(): (pem: string) => KeyObject | string {
  const keys = new Map<string, KeyObject>();
  return (pem) => {
    const known = keys.get(pem);
    if (known !== undefined) return known;
    let key: KeyObject;
    try {
      key = createPublicKey(pem);
    } catch {
      return pem;
    }
    const [oldest] = keys.keys();
    if (keys.size >= MAX_KEYS && oldest !== undefined) keys.delete(oldest);
    keys.set(pem, key);
    return key;
  };
}
