import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../../server/src/version.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

interface Manifest {
  name: string;
  version: string;
  license: string;
  workspaces?: string[];
  engines?: { node?: string };
  dependencies?: Record<string, string>;
}

async function manifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as Manifest;
}

describe('One product', () => {
  it('has one version in every package, and packages ask for exactly that one', async () => {
    const top = await manifest('.');
    const packages = await Promise.all((top.workspaces ?? []).map(manifest));
    assert.ok(packages.length >= 7);
    const own = new Set(packages.map((p) => p.name));
    for (const p of packages.filter((p) => p.name !== '@pushy/test')) {
      assert.equal(p.version, top.version, p.name);
    }
    for (const p of packages) {
      assert.equal(p.license, 'Apache-2.0', p.name);
      for (const [name, wanted] of Object.entries(p.dependencies ?? {})) {
        if (own.has(name)) assert.equal(wanted, top.version, `${p.name} -> ${name}`);
      }
    }
  });

  it('says that version in the description of its API', async () => {
    assert.equal(VERSION, (await manifest('.')).version);
  });

  it('names no registry host in the lock file', async () => {
    const lock = await readFile(join(root, 'package-lock.json'), 'utf8');
    assert.doesNotMatch(lock, /"resolved": "https?:/);
  });
});
