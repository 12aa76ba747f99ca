import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readRubyConfig } from '@pushy/ruby-config';
import {
  loadSettings,
  lookUp,
  makeAgent,
  makeLink,
  makeWhitelist,
  newCurveKeys,
  tryConnect,
  type AgentSettings,
} from '@pushy/client';
import { systemClock, type Clock } from '../../client/src/clock.ts';
import { httpGet } from '../../client/src/http/http-get.ts';
import { makeLog } from '../../client/src/log.ts';
import { POSIX_PATHS } from '../../client/src/paths.ts';
import type { ScriptedServer } from './scripted-server.ts';

/** Our agent in this process, over real sockets, with its settings from a real file. */
export interface AgentUnderTest {
  /** Every log line so far. */
  readonly lines: readonly string[];
  /** Resolves with the first line, past or to come, that matches. */
  logged(pattern: RegExp): Promise<string>;
  /** What its note says to the doctor. */
  isOnline(): boolean;
  reconfigure(): void;
  stop(): Promise<void>;
}

/** Reads a configuration file of a scripted server's node as an agent does; `settingLines` are added to it. */
export async function readSettings(
  server: Pick<ScriptedServer, 'url' | 'node' | 'clientKey'>,
  dir: string,
  settingLines: readonly string[] = [],
): Promise<AgentSettings> {
  const key = join(dir, 'client.pem');
  const file = join(dir, 'push-jobs-client.rb');
  await writeFile(key, server.clientKey);
  const config = [
    `chef_server_url '${server.url}'`,
    `node_name '${server.node}'`,
    `client_key '${key}'`,
    `file_dir '${join(dir, 'files')}'`,
    `state_dir '${join(dir, 'state')}'`,
    ...settingLines,
  ];
  await writeFile(file, `${config.join('\n')}\n`);
  return loadSettings({
    options: { config: file },
    env: { PATH: process.env['PATH'] },
    paths: POSIX_PATHS,
    readFile: async (request) => {
      const read = await readRubyConfig(readFileSync(request.file, 'utf8'), request);
      return { ok: true, config: read };
    },
    shortHostName: 'host',
    fullHostName: () => Promise.resolve('host.example.com'),
  });
}

/** Starts the agent of a scripted server's node; `settingLines` are added to its configuration file. */
export async function startAgent(
  server: ScriptedServer,
  dir: string,
  settingLines: readonly string[] = [],
  clock: Clock = systemClock,
): Promise<AgentUnderTest> {
  const settings = await readSettings(server, dir, settingLines);
  const logged: string[] = [];
  const lines = new EventEmitter();
  const log = makeLog({
    level: 'debug',
    showTime: false,
    now: () => clock.now(),
    write: (line) => {
      logged.push(line);
      lines.emit('line');
    },
  });
  const agent = makeAgent(settings, makeWhitelist(settings.whitelist), {
    clock,
    log,
    link: makeLink({ log, clock, random: Math.random }),
    curve: newCurveKeys(),
    random: Math.random,
    probe: { lookUp, connect: tryConnect },
    get: httpGet,
  });
  const end = new AbortController();
  const running = agent.run(end.signal);
  return {
    lines: logged,
    logged: async (pattern) => {
      for (;;) {
        const found = logged.find((line) => pattern.test(line));
        if (found !== undefined) return found;
        await once(lines, 'line');
      }
    },
    isOnline: () => agent.isOnline(),
    reconfigure: () => {
      agent.reconfigure();
    },
    stop: async () => {
      end.abort();
      await running;
    },
  };
}
