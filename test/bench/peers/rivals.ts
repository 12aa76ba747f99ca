import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installDebianPackages } from '../../provision/debian.ts';
import { installGemSet } from '../../provision/gem-sets.ts';
import { runOk } from '../../helpers/run.ts';
import { gemProgram } from '../../system/harness/gem-program.ts';
import type { Workplace } from '../../helpers/workplace.ts';
import type { SshTargets } from './ssh-targets.ts';

/** A program and its arguments. */
export interface CommandLine {
  readonly file: string;
  readonly args: string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** New connections for each command, or connections that were open before it. */
export type Connections = 'cold' | 'warm';

/** Another program that runs a command on many machines. */
export interface Rival {
  readonly name: string;
  readonly connections: readonly Connections[];
  /** How it is set, for people. */
  readonly settings: string;
  /** Puts what it needs on this machine; rejects where that cannot be had. */
  install(): Promise<unknown>;
  /** Its version as it says it. */
  version(): Promise<string>;
  /** The command line that runs `command` on all targets and prints what each of them said. */
  commandLine(command: string, connections: Connections): Promise<CommandLine> | CommandLine;
  /** How its line begins for a target that has this output. */
  said(address: string, output: string): string;
}

const VERSION_TIMEOUT_MS = 60_000;

/** The programs that are compared, each with what its documentation says for many targets. */
export function makeRivals(workplace: Workplace, targets: SshTargets): Rival[] {
  return [clush(workplace, targets), ansible(workplace, targets), knifeSsh(targets)];
}

function clush(workplace: Workplace, { addresses, config }: SshTargets): Rival {
  return {
    name: 'clush',
    connections: ['cold', 'warm'],
    settings: `fanout ${addresses.length}`,
    install: () => installDebianPackages(['clustershell']),
    version: () => firstLine({ file: 'clush', args: ['--version'] }),
    commandLine: async (command, connections) => {
      const dir = join(workplace.dir, `clush-${connections}`);
      await mkdir(dir, { recursive: true });
      const options = `-F ${config[connections]}`;
      const hosts = addresses.join(',');
      const args = ['-f', String(addresses.length), '-o', options, '-w', hosts, command];
      return { file: 'clush', args, env: { ...process.env, CLUSTERSHELL_CFGDIR: dir } };
    },
    said: (address, output) => `${address}: ${output}`,
  };
}

function ansible(workplace: Workplace, { addresses, config }: SshTargets): Rival {
  return {
    name: 'ansible',
    connections: ['cold', 'warm'],
    settings: `forks ${addresses.length}, pipelining, no terminal, module raw, no facts`,
    install: () => installDebianPackages(['ansible-core']),
    version: () =>
      firstLine({
        file: 'ansible',
        args: ['--version'],
        env: { ...process.env, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' },
      }),
    commandLine: async (command, connections) => {
      const dir = join(workplace.dir, `ansible-${connections}`);
      await mkdir(dir, { recursive: true });
      const file = join(dir, 'ansible.cfg');
      const lines = [
        '[defaults]',
        `forks = ${addresses.length}`,
        'gathering = explicit',
        `local_tmp = ${join(dir, 'tmp')}`,
        'retry_files_enabled = False',
        '[ssh_connection]',
        'pipelining = True',
        'usetty = False',
        // Multiplexing is a matter of this configuration, as for the others.
        `ssh_args = -F ${config[connections]}`,
      ];
      await writeFile(file, `${lines.join('\n')}\n`);
      const hosts = join(dir, 'hosts');
      await writeFile(hosts, `${addresses.join('\n')}\n`);
      return {
        file: 'ansible',
        args: ['all', '-i', hosts, '-m', 'raw', '-o', '-a', command],
        env: {
          ...process.env,
          ANSIBLE_CONFIG: file,
          HOME: dir,
          LANG: 'C.UTF-8',
          LC_ALL: 'C.UTF-8',
        },
      };
    },
    said: (address, output) => `${address} | CHANGED | rc=0 | (stdout) ${output}`,
  };
}

function knifeSsh({ addresses, port, key, home }: SshTargets): Rival {
  const widest = Math.max(...addresses.map(({ length }) => length));
  const knife = (...args: string[]): CommandLine => gemProgram('workstation', 'knife', args, home);
  return {
    name: 'knife ssh',
    // It keeps no connection from one command to the next.
    connections: ['cold'],
    settings: `concurrency ${addresses.length}, no pty, the targets as a list`,
    install: async () => {
      await installDebianPackages(['ruby', 'ruby-dev', 'bundler', 'build-essential']);
      await installGemSet('workstation');
    },
    version: () => firstLine(knife('--version')),
    commandLine: (command) => {
      const how = ['-C', String(addresses.length), '--no-pty', '-x', 'root', '-i', key];
      const where = ['-m', addresses.join(' '), '-p', String(port)];
      return knife('ssh', ...where, command, ...how, '--no-color');
    },
    // In columns.
    said: (address, output) => `${address.padEnd(widest)} ${output}`,
  };
}

async function firstLine({ file, args, env }: CommandLine): Promise<string> {
  const { stdout } = await runOk(file, args, {
    timeoutMs: VERSION_TIMEOUT_MS,
    ...(env === undefined ? {} : { env }),
  });
  return stdout.split('\n')[0] ?? '';
}
