import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { reasonOf } from './config-source.ts';
import { nameOf } from './setting-names.ts';
import type { SettingKey, Settings } from './settings.ts';

/** What settings name and do not hold: the contents of files, and secrets that whoever started the server hands over. */
export interface FileSecrets {
  /** Contents of `chef_superuser_key`; of `chef_ca_file` and the files in `trusted_certs_dir`; PEM. */
  readonly chefSuperuserPem?: string;
  readonly chefCaPem?: string;
  readonly postgresqlPassword?: string;
}

type Problem = (key: SettingKey, text: string) => void;

/** What the Chef server's secrets helper packs for an add-on: `{group: {name: value}}` (ADDON A.4, A.6). */
const PACKED = 'CHEF_SECRETS_DATA';

/** Reads the files that settings name; what cannot be read is a problem of the setting. */
export async function readSecrets(
  settings: Settings,
  env: Readonly<Record<string, string | undefined>>,
  problem: Problem,
): Promise<FileSecrets> {
  const packed = unpack(env[PACKED]);
  await checkTls(settings, problem);
  const chefSuperuserPem =
    settings.chefSuperuserKey === undefined
      ? packed('chef-server', 'superuser_key')
      : await readPem('chefSuperuserKey', settings.chefSuperuserKey, problem);
  const trusted = [
    await readPem('chefCaFile', settings.chefCaFile, problem),
    ...(await readCertificates('trustedCertsDir', settings.trustedCertsDir, problem)),
  ].filter((pem) => pem !== undefined);
  const chefCaPem = trusted.length === 0 ? undefined : trusted.join('\n');
  const passwordFile = await read(
    'postgresqlSqlPasswordFile',
    settings.postgresqlSqlPasswordFile,
    problem,
  );
  const postgresqlPassword =
    settings.postgresqlSqlPassword ??
    passwordFile?.split(/\r?\n/)[0] ??
    packed('push-jobs-server', 'sql_password');
  return {
    ...(chefSuperuserPem === undefined ? {} : { chefSuperuserPem }),
    ...(chefCaPem === undefined ? {} : { chefCaPem }),
    ...(postgresqlPassword === undefined ? {} : { postgresqlPassword }),
  };
}

/** Certificate and key of the TLS listener. */
export interface TlsFiles {
  cert: string;
  key: string;
}

/** Reads both and holds them against each other; the text says what is wrong with them. */
export async function readTlsFiles(
  settings: Pick<Settings, 'tlsCertificate' | 'tlsKey'>,
): Promise<
  { ok: true; files: TlsFiles | undefined } | { ok: false; key: SettingKey; text: string }
> {
  const { tlsCertificate, tlsKey } = settings;
  if (tlsCertificate === undefined || tlsKey === undefined) return { ok: true, files: undefined };
  let failed: { key: SettingKey; text: string } | undefined;
  const problem: Problem = (key, text) => {
    failed ??= { key, text };
  };
  const cert = await readPem('tlsCertificate', tlsCertificate, problem);
  const key = await readPem('tlsKey', tlsKey, problem);
  if (cert === undefined || key === undefined) {
    return { ok: false, ...(failed ?? { key: 'tlsKey', text: 'tls_key cannot be read' }) };
  }
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    const text = `tls_certificate and tls_key cannot be used: ${reasonOf(cause)}`;
    return { ok: false, key: 'tlsCertificate', text };
  }
  return { ok: true, files: { cert, key } };
}

async function checkTls(settings: Settings, problem: Problem): Promise<void> {
  const tls = await readTlsFiles(settings);
  if (!tls.ok) problem(tls.key, tls.text);
}

async function read(
  key: SettingKey,
  path: string | undefined,
  problem: Problem,
): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    problem(key, `${nameOf(key)}: ${path} cannot be read: ${reasonOf(cause)}`);
    return undefined;
  }
}

async function readPem(
  key: SettingKey,
  path: string | undefined,
  problem: Problem,
): Promise<string | undefined> {
  const text = await read(key, path, problem);
  if (text === undefined || text.includes('-----BEGIN ')) return text;
  problem(key, `${nameOf(key)}: ${path ?? ''} holds no PEM`);
  return undefined;
}

/** All certificates directly in a directory, as the Chef client takes them (ADDON F.2): one that is none is a problem. */
async function readCertificates(
  key: SettingKey,
  dir: string | undefined,
  problem: Problem,
): Promise<(string | undefined)[]> {
  if (dir === undefined) return [];
  let names: string[];
  try {
    names = await readdir(dir);
  } catch (cause) {
    problem(key, `${nameOf(key)}: ${dir} cannot be read: ${reasonOf(cause)}`);
    return [];
  }
  const files = names.filter((name) => /\.(?:crt|pem)$/.test(name)).sort();
  return Promise.all(
    files.map(async (name) => {
      const path = join(dir, name);
      const text = await readPem(key, path, problem);
      try {
        if (text !== undefined) new X509Certificate(text);
      } catch (cause) {
        problem(key, `${nameOf(key)}: ${path} holds no certificate: ${reasonOf(cause)}`);
      }
      return text;
    }),
  );
}

/** Looks secrets up in the packed ones; none where there are none, or none that can be read. */
function unpack(text: string | undefined): (group: string, name: string) => string | undefined {
  let packed: unknown;
  try {
    packed = text === undefined ? undefined : JSON.parse(text);
  } catch {
    packed = undefined; // what is missing then is said by whoever needs it
  }
  return (group, name) => {
    const value = own(own(packed, group), name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value as unknown;
}
