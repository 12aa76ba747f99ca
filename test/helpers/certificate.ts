import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A self-made certificate and its key, PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** A fresh certificate for 127.0.0.1 and localhost; `name` is its common name. */
export function newCertificate(name: string): Certificate {
  const dir = mkdtempSync(join(tmpdir(), 'pushy-cert-'));
  try {
    const [cert, key] = [join(dir, 'crt'), join(dir, 'key')];
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-subj', `/CN=${name}`];
    const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    execFileSync(
      'openssl',
      [...kind, '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...names],
      { stdio: 'pipe', timeout: 10_000 },
    );
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  } finally {
    rmSync(dir, { recursive: true });
  }
}
