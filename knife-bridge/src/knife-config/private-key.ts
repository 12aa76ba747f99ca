import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError, messageOf } from '../errors.ts';
import type { Places } from './places.ts';

/** The key that signs, and what to call it in messages. */
export interface SigningKey {
  key: KeyObject;
  /** Its path, or that it stands in the configuration itself. */
  source: string;
}

/** Where Chef keeps the key of a machine. */
const MACHINE_KEY = '/etc/chef/client.pem';

/** The key file when nothing names one: NAME.pem or user.pem beside the configuration or in ~/.chef. */
export function defaultKeyFile({ configFile, dotChef }: Places, userName: string): string {
  const folders = [configFile === undefined ? undefined : dirname(configFile), dotChef];
  const candidates = [`${userName}.pem`, 'user.pem'].flatMap((name) =>
    folders.filter((folder) => folder !== undefined).map((folder) => join(folder, name)),
  );
  return candidates.find((file) => existsSync(file)) ?? MACHINE_KEY;
}

/** Reads a private key from its file; knife's words where it cannot. */
export function readKeyFile(file: string): SigningKey {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CliError('key', `Your private key could not be loaded from ${file}`, {
      advice: [
        'Check your configuration file and ensure that your private key is readable',
        `(${messageOf(cause)})`,
      ],
      cause,
    });
  }
  return readKey(text, file);
}

/** Reads a private key from its PEM text. */
export function readKey(pem: string, source: string): SigningKey {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem.trim());
  } catch (cause) {
    const encrypted = pem.includes('ENCRYPTED');
    const trouble = encrypted ? 'is encrypted with a passphrase' : 'holds no private key in PEM';
    throw new CliError('key', `Your private key ${source} ${trouble}`, {
      advice: ["The key file should begin with '-----BEGIN RSA PRIVATE KEY-----'."],
      cause,
    });
  }
  if (key.asymmetricKeyType === 'rsa') return { key, source };
  throw new CliError('key', `Your private key ${source} is not an RSA key`, {
    advice: ['Chef servers know RSA keys only.'],
  });
}
