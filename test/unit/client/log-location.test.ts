import assert from 'node:assert/strict';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { readRubyConfig } from '@pushy/ruby-config';
import { loadSettings } from '../../../client/src/config.ts';
import { newKeyPair } from '../../helpers/keys.ts';
import { makeTempDir } from '../../helpers/temp-dir.ts';

describe('where the agent logs (ADDON C.3, F.2)', () => {
  let privateKey: string;
  before(() => {
    ({ privateKey } = newKeyPair());
  });

  for (const [title, option, setting, expected] of [
    ['the file of the command line', '/var/log/a.log', "'/var/log/b.log'", '/var/log/a.log'],
    ['the file of the configuration', undefined, "'/var/log/b.log'", '/var/log/b.log'],
    ['standard output for STDOUT', undefined, 'STDOUT', undefined],
    ['standard output for STDOUT in quotes', undefined, "'STDOUT'", undefined],
    ['standard output for :syslog', undefined, ':syslog', undefined],
    ['standard output for -L STDOUT', 'STDOUT', "'/var/log/b.log'", undefined],
    ['standard output for -L STDERR', 'STDERR', "'/var/log/b.log'", undefined],
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
          readFile: async ({ file, env, relevant }) => ({
            ok: true,
            config: await readRubyConfig(source, { file, env, relevant }),
          }),
          shortHostName: 'web1',
          isRoot: true,
          fullHostName: () => Promise.resolve('web1.example.com'),
        });
        assert.equal(settings.logFile, expected);
      } finally {
        await remove();
      }
    });
  }
});
