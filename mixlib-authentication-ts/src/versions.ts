/** The versions of the signing protocol, oldest first. */
export const SIGNATURE_VERSIONS = ['1.0', '1.1', '1.2', '1.3'] as const;
export type SignatureVersion = (typeof SIGNATURE_VERSIONS)[number];

/** What sets one version apart from the others (REFERENCE 4.1, table). */
export interface VersionRules {
  /** Hash of path, body and hashed user id; the `algorithm` that X-Ops-Sign may name. */
  readonly algorithm: 'sha1' | 'sha256';
  /** True where the signed text holds a hash of the user id instead of the user id. */
  readonly hashesUserId: boolean;
  /**
   * `raw`: RSA private-encrypt (PKCS#1 v1.5, block type 1) of the text itself, which must fit into the key;
   * `pkcs1`: RSASSA-PKCS1-v1_5 with the hash above.
   */
  readonly signature: 'raw' | 'pkcs1';
  /** True where the header X-Ops-Content-Hash must itself equal the hash of the body. */
  readonly comparesContentHash: boolean;
}

/** The rules of each version (REFERENCE 4.1). */
export const VERSION_RULES: Readonly<Record<SignatureVersion, VersionRules>> = {
  '1.0': { algorithm: 'sha1', hashesUserId: false, signature: 'raw', comparesContentHash: true },
  '1.1': { algorithm: 'sha1', hashesUserId: true, signature: 'raw', comparesContentHash: true },
  '1.2': { algorithm: 'sha1', hashesUserId: true, signature: 'pkcs1', comparesContentHash: false },
  '1.3': {
    algorithm: 'sha256',
    hashesUserId: false,
    signature: 'pkcs1',
    comparesContentHash: false,
  },
};

/** True for the name of a version that this package knows. */
export function isSignatureVersion(text: string | undefined): text is SignatureVersion {
  return SIGNATURE_VERSIONS.some((version) => version === text);
}
