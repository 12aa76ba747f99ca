import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCli, systemClock, type Clock } from '@pushy/knife-bridge';
import { startFakePushServer, type FakePushServer } from './fake-push-server.ts';

/** What one command line printed, and how it ended. */
export interface CliResult {
  code: number;
  out: string;
  err: string;
}

/** A home of its own, a server of its own and the command line in this process. */
export interface CliWorld {
  server: FakePushServer;
  home: string;
  env: Record<string, string>;
  /** Writes a file below the home. */
  write(path: string, text: string): string;
  /** ~/.chef/config.rb for the user bob; `lines` come after. */
  configure(...lines: string[]): void;
  run(args: string[], more?: CliOptions): Promise<CliResult>;
  close(): Promise<void>;
}

export interface CliOptions {
  tty?: boolean;
  cwd?: string;
  clock?: Clock;
  signal?: AbortSignal;
  /** Sees each piece of output as it comes. */
  onOut?(text: string): void;
}

export async function makeCliWorld(): Promise<CliWorld> {
  const server = await startFakePushServer();
  const home = mkdtempSync(join(tmpdir(), 'pushy-cli-'));
  const world: CliWorld = {
    server,
    home,
    env: { HOME: home },
    write(path, text) {
      const file = join(home, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
    configure(...lines) {
      const config = [
        "node_name 'bob'",
        `chef_server_url '${server.url}'`,
        'http_retry_count 0',
        'knife[:poll_interval] = 0',
        ...lines,
      ];
      world.write('.chef/config.rb', `${config.join('\n')}\n`);
    },
    async run(args, more = {}) {
      const out: Buffer[] = [];
      let err = '';
      const code = await runCli(
        {
          terminal: {
            out(chunk) {
              out.push(Buffer.from(chunk));
              more.onOut?.(String(chunk));
            },
            err(text) {
              err += text;
            },
            isTty: more.tty ?? false,
            columns: () => 80,
          },
          world: { env: world.env, cwd: more.cwd ?? home, login: 'login-name' },
          clock: more.clock ?? systemClock,
          signal: more.signal ?? new AbortController().signal,
        },
        '9.9.9',
        args,
      );
      return { code, out: Buffer.concat(out).toString('latin1'), err };
    },
    async close() {
      await server.close();
      rmSync(home, { recursive: true });
    },
  };
  world.write('.chef/bob.pem', server.addUser('bob'));
  return world;
}
