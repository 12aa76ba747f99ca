/** How much of something each of many may do: `burst` at once, then `rate` a second. */
export interface BucketSettings {
  rate: number;
  burst: number;
}

/** One bucket of tokens for each key. Keys that do nothing take no memory. */
export interface TokenBuckets {
  /** Takes a token; false when there is none. `now` in milliseconds. */
  take(key: string, now: number): boolean;
  /** Keys that are remembered. */
  size(): number;
}

interface Bucket {
  tokens: number;
  /** Milliseconds: up to here it is filled. */
  at: number;
}

/** Makes the buckets, all of them full. */
export function makeTokenBuckets({ rate, burst }: BucketSettings): TokenBuckets {
  /** Milliseconds in which an empty bucket is full again: whoever was not seen for so long may be forgotten. */
  const refill = (burst / rate) * 1000;
  let young = new Map<string, Bucket>();
  let old = new Map<string, Bucket>();
  let turnedAt = 0;

  return {
    take(key, now) {
      if (now - turnedAt > refill || now < turnedAt) {
        old = young;
        young = new Map();
        turnedAt = now;
      }
      let bucket = young.get(key);
      if (bucket === undefined) {
        bucket = old.get(key) ?? { tokens: burst, at: now };
        old.delete(key);
        young.set(key, bucket);
      }
      // A clock that is set back gives nothing and takes nothing.
      const passed = Math.max(0, now - bucket.at);
      bucket.tokens = Math.min(burst, bucket.tokens + (passed * rate) / 1000);
      bucket.at = now;
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
    size: () => young.size + old.size,
  };
}
