import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Tls from 'node:tls';
import { CliError, messageOf } from './errors.ts';

/** How https is judged (ADDON F.2). */
export interface TlsSettings {
  verify: boolean;
  /** A directory of authorities that replaces the system's; wins over caFile. */
  caPath?: string;
  /** A file of authorities that replaces the system's. */
  caFile?: string;
  /** Every .crt and .pem in it is trusted as well. */
  trustedCertsDir?: string;
  clientCert?: string;
  clientKey?: string;
}

/** What node's TLS takes. */
export interface TlsOptions {
  rejectUnauthorized: boolean;
  ca?: string[];
  cert?: string;
  key?: string;
}

/** Where systems keep their own authorities: Debian, Red Hat, SUSE, Alpine and BSD. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Reads the certificates that the settings name; throws for a named one that cannot be read. */
export function readTls(settings: TlsSettings): TlsOptions {
  const client = clientPair(settings);
  if (!settings.verify) return { rejectUnauthorized: false, ...client };
  return {
    rejectUnauthorized: true,
    ca: [...authorities(settings), ...trusted(settings)],
    ...client,
  };
}

function authorities({ caPath, caFile }: TlsSettings): string[] {
  if (caPath !== undefined) {
    return readdirSync(mustExist('ssl_ca_path', caPath))
      .map((name) => join(caPath, name))
      .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true)
      .map((file) => textOf('ssl_ca_path', file))
      .filter((text) => text.includes('-----BEGIN'));
  }
  if (caFile !== undefined) return [textOf('ssl_ca_file', caFile)];
  const bundle = SYSTEM_BUNDLES.find((file) => existsSync(file));
  // Loaded for those who need them: all of them are read with it.
  const { rootCertificates } = createRequire(import.meta.url)('node:tls') as typeof Tls;
  return [...rootCertificates, ...(bundle === undefined ? [] : [textOf('system', bundle)])];
}

function trusted({ trustedCertsDir }: TlsSettings): string[] {
  if (trustedCertsDir === undefined || !existsSync(trustedCertsDir)) return [];
  return readdirSync(trustedCertsDir)
    .filter((name) => /\.(crt|pem)$/.test(name))
    .map((name) => {
      const file = join(trustedCertsDir, name);
      const text = textOf('trusted_certs_dir', file);
      if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
      throw new CliError('config', `${file} (trusted_certs_dir) holds no certificate in PEM`, {
        advice: ['Remove the file, or put a certificate in PEM there.'],
      });
    });
}

function clientPair({ clientCert, clientKey }: TlsSettings): { cert?: string; key?: string } {
  if (clientCert === undefined && clientKey === undefined) return {};
  if (clientCert === undefined || clientKey === undefined) {
    throw new CliError('config', 'You must configure ssl_client_cert and ssl_client_key together');
  }
  return {
    cert: textOf('ssl_client_cert', clientCert),
    key: textOf('ssl_client_key', clientKey),
  };
}

function mustExist(setting: string, path: string): string {
  if (existsSync(path)) return path;
  throw new CliError('config', `The configured ${setting} ${path} does not exist`);
}

function textOf(setting: string, file: string): string {
  mustExist(setting, file);
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CliError(
      'config',
      `The configured ${setting} ${file} cannot be read: ${messageOf(cause)}`,
      { cause },
    );
  }
}
