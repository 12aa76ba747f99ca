import sodium from 'sodium-native';

/** A secret that is never swapped out and can be read only while somebody uses it. */
export interface LockedSecret {
  /** Gives the bytes to `use`; they are out of reach again before anything else happens in this program. */
  with<T>(use: (bytes: Buffer) => T): T;
  /** Overwrites and frees it; it cannot be used any more. */
  wipe: () => void;
}

/** Memory for a secret: locked, between guard pages. memlock is small (8 MiB is usual): for a few keys, not for rows. */
export function allocateLocked(size: number): Buffer {
  return sodium.sodium_malloc(size);
}

/** Takes a buffer of `allocateLocked` out of reach. */
export function lockSecret(secret: Buffer): LockedSecret {
  const bytes = secret as sodium.SecureBuffer;
  let wiped = false;
  let readable = false;
  const hide = (): void => {
    readable = false;
    if (!wiped) sodium.sodium_mprotect_noaccess(bytes);
  };
  hide();
  return {
    with(use) {
      if (wiped) throw new Error('the secrets were closed');
      if (!readable) {
        readable = true;
        sodium.sodium_mprotect_readonly(bytes);
        // Not at once: changing the protection costs as much as sealing a row, and rows come by the thousand.
        queueMicrotask(hide);
      }
      return use(bytes);
    },
    wipe() {
      if (wiped) return;
      wiped = true;
      sodium.sodium_mprotect_readwrite(bytes);
      sodium.sodium_memzero(bytes);
    },
  };
}
