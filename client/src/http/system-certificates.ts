import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where a host keeps the certificates that it trusts. */
export interface CertificatePlaces {
  /** Files of many certificates: the first that exists counts. */
  readonly bundles: readonly string[];
  /** Directories of certificates, where there is no such file. */
  readonly dirs: readonly string[];
}

/** OpenSSL's default file and directory, as systems build it. */
const PLACES: CertificatePlaces = {
  bundles: [
    '/etc/ssl/certs/ca-certificates.crt',
    '/etc/pki/tls/certs/ca-bundle.crt',
    '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
    '/etc/ssl/ca-bundle.pem',
    '/etc/ssl/cert.pem',
    '/usr/local/share/certs/ca-root-nss.crt',
    '/var/ssl/cert.pem',
  ],
  dirs: ['/etc/ssl/certs', '/etc/pki/tls/certs', '/var/ssl/certs'],
};

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificates that this host trusts, where it keeps them in a known place, and those in `certDir` (SSL_CERT_DIR).
 * As with OpenSSL, what cannot be read there trusts nobody and is no error.
 */
export function systemCertificates(certDir?: string, places = PLACES): string[] {
  const bundle = places.bundles.find((file) => existsSync(file));
  const dir = bundle === undefined ? places.dirs.find((path) => existsSync(path)) : undefined;
  const dirs = [dir, ...(certDir?.split(':') ?? [])].filter((path) => path !== undefined);
  const files = [...(bundle === undefined ? [] : [bundle]), ...dirs.flatMap(filesIn)];
  return files.flatMap((file) => textOf(file).match(CERTIFICATE) ?? []);
}

/** Each certificate once: parsing one takes a good part of a millisecond, and most are in every store. */
export function withoutTwins(certificates: readonly string[]): string[] {
  const once = new Map(certificates.map((pem) => [pem.replace(/\s/g, ''), pem]));
  return [...once.values()];
}

function filesIn(dir: string): string[] {
  return ifReadable(() => readdirSync(dir).map((name) => join(dir, name))) ?? [];
}

function textOf(file: string): string {
  return ifReadable(() => readFileSync(file, 'utf8')) ?? '';
}

function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
