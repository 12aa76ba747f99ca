import assert from 'node:assert/strict';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { readRubyConfig } from '@pushy/ruby-config';
import { loadSettings } from '../../../client/src/config.ts';
import { POSIX_PATHS } from '../../../client/src/paths.ts';
import { newKeyPair } from '../../helpers/keys.ts';
import { makeTempDir } from '../../helpers/temp-dir.ts';

describe('where the agent logs (ADDON C.3, F.2)', () => {
  let privateKey: string;
  before(() => {
    ({ privateKey } = newKeyPair());
  });

  const out = { kind: 'stdout' };
  /** The place of the setting holds the directory of the test. */
  const fileAt = (path: string, from = 'DIR/client.rb:2: log_location') => {
    return { kind: 'file', path, from };
  };
  for (const [title, option, setting, expected] of [
    ['the file of the command line', '/a.log', "'/b.log'", [fileAt('/a.log', '--logfile')]],
    ['the file of the configuration', undefined, "'/b.log'", [fileAt('/b.log')]],
    ['standard output for nil', undefined, 'nil', [out]],
    ['standard output for STDOUT', undefined, 'STDOUT', [out]],
    ['standard output for STDOUT in quotes', undefined, "'STDOUT'", [out]],
    ['standard error for STDERR', undefined, 'STDERR', [{ kind: 'stderr' }]],
    ['standard output for :syslog', undefined, ':syslog', [out]],
    ['standard output for -L STDOUT', 'STDOUT', "'/b.log'", [out]],
    ['standard error for -L STDERR', 'STDERR', "'/b.log'", [{ kind: 'stderr' }]],
    ['each of an array, once', undefined, "['/b', STDOUT, :syslog, '/b']", [fileAt('/b'), out]],
    ['standard output for an empty array', undefined, '[]', [out]],
  ] as const) {
    it(`is ${title}`, async () => {
      const [dir, remove] = await makeTempDir();
      try {
        const config = join(dir, 'client.rb');
        const clientKey = join(dir, 'client.pem');
        const url = 'http://localhost/organizations/acme';
        const source = `chef_server_url '${url}'\nlog_location ${setting}\n`;
        await writeFile(config, source);
        await writeFile(clientKey, privateKey);
        const settings = await loadSettings({
          options: { config, clientKey, ...(option === undefined ? {} : { logfile: option }) },
          env: {},
          paths: POSIX_PATHS,
          readFile: async ({ file, env, relevant }) => ({
            ok: true,
            config: await readRubyConfig(source, { file, env, relevant }),
          }),
          shortHostName: 'web1',
          fullHostName: () => Promise.resolve('web1.example.com'),
        });
        const found = settings.logTargets.map((to) => {
          return to.kind === 'file' ? { ...to, from: to.from.replace(dir, 'DIR') } : to;
        });
        assert.deepEqual(found, expected);
      } finally {
        await remove();
      }
    });
  }
});
