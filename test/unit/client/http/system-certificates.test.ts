import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  systemCertificates,
  withoutTwins,
} from '../../../../client/src/http/system-certificates.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

/** The shape counts here, not what is in it. */
const pem = (body: string): string =>
  `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`;

describe('the certificates that the system trusts (ADDON F.2)', () => {
  let dir: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
  });
  afterEach(() => remove());

  it('are those of the first bundle that is there', () => {
    const bundles = ['none', 'one', 'two'].map((name) => join(dir, name));
    writeFileSync(join(dir, 'one'), `# comment\n${pem('A')}\n${pem('B')}\n`);
    writeFileSync(join(dir, 'two'), pem('C'));
    assert.deepEqual(systemCertificates(undefined, { bundles, dirs: [dir] }), [pem('A'), pem('B')]);
  });

  it('are those of a directory where there is no bundle, and of SSL_CERT_DIR; what cannot be read is left out', () => {
    for (const name of ['system', 'more']) mkdirSync(join(dir, name, 'sub'), { recursive: true });
    writeFileSync(join(dir, 'system', 'a.0'), pem('A'));
    symlinkSync('/not/there', join(dir, 'system', 'b.0'));
    writeFileSync(join(dir, 'more', 'c.pem'), pem('C'));
    const places = { bundles: [join(dir, 'none')], dirs: [join(dir, 'no'), join(dir, 'system')] };
    const certDir = `${join(dir, 'gone')}:${join(dir, 'more')}`;
    assert.deepEqual(systemCertificates(certDir, places), [pem('A'), pem('C')]);
    assert.deepEqual(systemCertificates(undefined, { bundles: [], dirs: [] }), []);
  });

  it('count once, however they are wrapped', () => {
    assert.deepEqual(withoutTwins([pem('AB'), pem('A\nB'), pem('C')]), [pem('A\nB'), pem('C')]);
  });
});
