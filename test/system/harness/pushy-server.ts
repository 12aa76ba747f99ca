import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { built } from '../../helpers/built.ts';
import type { Program } from '../../helpers/program.ts';
import { runOk } from '../../helpers/run.ts';
import { rubyLiteral } from './ruby-text.ts';
import type { Scene } from './scene.ts';

/** Our server in a process of its own. */
export interface PushyServer {
  readonly url: string;
  readonly apiPort: number;
  readonly commandPort: number;
  readonly heartbeatPort: number;
  readonly incarnationId: string;
  readonly program: Program;
  readonly configFile: string;
  /** Runs `opscode-push-jobs-server-ctl` with this server's configuration; answers what it printed. */
  ctl(...args: string[]): Promise<string>;
}

/** Settings of `opscode_pushy_server[...]`. */
export type PushyServerSettings = Readonly<Record<string, string | number | boolean>>;

/** Where a server lives: made once, so that a server can be started again in it. */
export interface ServerHome {
  readonly dir: string;
  readonly configFile: string;
}

/** Writes an opscode-push-jobs-server.rb: the kernel chooses all ports, heartbeats are quick. */
export async function makeServerHome(
  scene: Scene,
  settings: PushyServerSettings = {},
): Promise<ServerHome> {
  const dir = await scene.subdir('pushy-server');
  const configFile = join(dir, 'opscode-push-jobs-server.rb');
  const all: PushyServerSettings = {
    dir: join(dir, 'data'),
    api_port: 0,
    command_port: 0,
    server_heartbeat_port: 0,
    metrics_port: 0,
    server_name_advertised: '127.0.0.1',
    heartbeat_interval: 500,
    log_level: 'debug',
    ...settings,
  };
  const lines = Object.entries(all).map(
    ([name, value]) => `opscode_pushy_server['${name}'] = ${rubyLiteral(value)}`,
  );
  await writeFile(configFile, `${lines.join('\n')}\n`);
  return { dir, configFile };
}

/** Milliseconds: the embedded database makes its cluster in five seconds of an idle machine. */
const startTimeoutMs = 60_000;

/** Starts our server from its source and waits until everything listens. */
export async function startPushyServer(
  scene: Scene,
  home: ServerHome,
  limits: { descriptors?: number; profile?: string | undefined } = {},
): Promise<PushyServer> {
  const { dir, configFile } = home;
  const own = profiled(built('server/src/main.ts', ['-c', configFile]), limits.profile);
  const program = await scene.start({
    name: 'pushy-server',
    ...(limits.descriptors === undefined ? own : limited(own, limits.descriptors)),
    cwd: dir,
  });
  const ready = JSON.parse(await program.line(/"msg":"server ready"/, startTimeoutMs)) as Record<
    string,
    unknown
  >;
  const apiPort = Number(ready['api_port']);
  return {
    url: `http://127.0.0.1:${apiPort}`,
    apiPort,
    commandPort: Number(ready['command_port']),
    heartbeatPort: Number(ready['server_heartbeat_port']),
    incarnationId: String(ready['incarnation_id']),
    program,
    configFile,
    ctl: async (...args) => {
      const { file, args: line } = built('server/src/ctl/main.ts', ['-c', configFile, ...args]);
      return (await runOk(file, line, { cwd: dir, timeoutMs: 30_000 })).stdout;
    },
  };
}

/** The same program, that writes a profile of its processor time into this directory when it ends. */
function profiled(
  { file, args }: { file: string; args: string[] },
  dir: string | undefined,
): { file: string; args: string[] } {
  if (dir === undefined) return { file, args };
  return { file, args: ['--cpu-prof', `--cpu-prof-dir=${dir}`, ...args] };
}

/** The same program with fewer descriptors. */
function limited(
  { file, args }: { file: string; args: string[] },
  descriptors: number,
): { file: string; args: string[] } {
  return { file: 'sh', args: ['-c', `ulimit -n ${descriptors} && exec "$0" "$@"`, file, ...args] };
}
