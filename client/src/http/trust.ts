import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AgentError, messageOf } from '../errors.ts';
import type { Trust } from './http-get.ts';

/** The settings that decide whom the agent trusts (ADDON F.2). */
export interface TrustSettings {
  /** `verify_peer` or `verify_none`. */
  readonly verifyMode: string;
  readonly verifyApiCert: boolean;
  /** Directory; wins over `caFile`. */
  readonly caPath: string | undefined;
  readonly caFile: string | undefined;
  /** `SSL_CERT_FILE` of the environment, for where neither is set. */
  readonly certFile: string | undefined;
  /** `SSL_CERT_DIR` of the environment: besides what the system trusts. */
  readonly certDir: string | undefined;
  /** Certificates that are trusted besides; it may be missing. */
  readonly trustedCertsDir: string | undefined;
  readonly clientCert: string | undefined;
  readonly clientKey: string | undefined;
}

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g;

const CERTIFICATE_HEAD = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----/;

/** Reads the certificates. Verification is off only where `ssl_verify_mode` says so and `verify_api_cert` does not. */
export function readTrust(settings: TrustSettings): Trust {
  const isVerified = settings.verifyMode !== 'verify_none' || settings.verifyApiCert;
  const trusted = isVerified ? trustedCerts(settings.trustedCertsDir) : [];
  const chosen = isVerified ? chosenAuthorities(settings) : undefined;
  return {
    rejectUnauthorized: isVerified,
    ...(chosen === undefined && trusted.length === 0
      ? {}
      : { ca: [...(chosen ?? []), ...trusted] }),
    ...(chosen === undefined && trusted.length > 0 ? { isBesides: true } : {}),
    ...(chosen === undefined && isVerified && settings.certDir !== undefined
      ? { certDir: settings.certDir }
      : {}),
    ...clientCertificate(settings),
  };
}

function chosenAuthorities({ caPath, caFile, certFile }: TrustSettings): string[] | undefined {
  if (caPath !== undefined) return authoritiesIn(caPath);
  if (caFile !== undefined) return certificates(caFile, 'ssl_ca_file');
  return certFile === undefined ? undefined : certificates(certFile, 'SSL_CERT_FILE');
}

/** Directories of authorities hold other things as well (/etc/ssl/certs): what is no certificate is left out. */
function authoritiesIn(dir: string): string[] {
  const found = filesIn(dir, 'ssl_ca_path').flatMap((file) => {
    const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() === true;
    return isFile && CERTIFICATE_HEAD.test(read(file, 'ssl_ca_path'))
      ? certificates(file, 'ssl_ca_path')
      : [];
  });
  if (found.length > 0) return found;
  throw new AgentError('bad_trust', `ssl_ca_path: ${dir} holds no certificate in PEM`);
}

function trustedCerts(dir: string | undefined): string[] {
  if (dir === undefined || !existsSync(dir)) return [];
  return filesIn(dir, 'trusted_certs_dir')
    .filter((file) => /\.(crt|pem)$/.test(file))
    .flatMap((file) => certificates(file, 'trusted_certs_dir'));
}

function clientCertificate({ clientCert, clientKey }: TrustSettings): Partial<Trust> {
  if (clientCert === undefined && clientKey === undefined) return {};
  if (clientCert === undefined || clientKey === undefined) {
    throw new AgentError('bad_trust', 'ssl_client_cert and ssl_client_key must be set together');
  }
  return {
    cert: read(clientCert, 'ssl_client_cert'),
    key: read(clientKey, 'ssl_client_key'),
  };
}

/** The certificates of a file, each of which can be read. */
function certificates(file: string, setting: string): string[] {
  const found = read(file, setting).match(CERTIFICATE) ?? [];
  if (found.length === 0) {
    throw new AgentError('bad_trust', `${setting}: ${file} holds no certificate in PEM`);
  }
  for (const pem of found) {
    try {
      new X509Certificate(pem);
    } catch (error) {
      const what = `${setting}: ${file} holds a broken certificate: ${messageOf(error)}`;
      throw new AgentError('bad_trust', what, { cause: error });
    }
  }
  return found;
}

function filesIn(dir: string, setting: string): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(dir, entry.name))
      .sort();
  } catch (error) {
    throw new AgentError('bad_trust', `${setting}: ${messageOf(error)}`, { cause: error });
  }
}

function read(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AgentError('bad_trust', `${setting}: ${messageOf(error)}`, { cause: error });
  }
}
