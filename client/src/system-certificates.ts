import { existsSync, readFileSync } from 'node:fs';

/** Where Linux distributions keep the certificates that a host trusts. */
const BUNDLES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt'];

/** The certificates that this host trusts, where it keeps them in a known place. */
export function systemCertificates(): string[] {
  const bundle = BUNDLES.find((file) => existsSync(file));
  return bundle === undefined ? [] : [readFileSync(bundle, 'utf8')];
}
