import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Signer } from 'mixlib-authentication-ts';
import type { Program } from '../../helpers/program.ts';
import type { AgentSettings } from './agent-config.ts';
import { makeCli } from './cli.ts';
import { makeKnife, type Workstation } from './knife.ts';
import { startPushyAgent } from './pushy-agent.ts';
import {
  makeServerHome,
  startPushyServer,
  type PushyServer,
  type PushyServerSettings,
  type ServerHome,
} from './pushy-server.ts';
import { startRubyAgent } from './ruby-agent.ts';
import type { Scene } from './scene.ts';
import { makeWatcher, type Watcher } from './watcher.ts';

/** Ours, or the reference's: the beginning of the node's name says which. */
export const agentKinds = ['ours', 'ruby'] as const;
/** Our server on its own, with an admin's workstations and nodes of both kinds. */
export interface Standalone {
  readonly home: ServerHome;
  /** The server that was started first. */
  readonly server: PushyServer;
  readonly url: string;
  readonly knife: Workstation;
  readonly pushy: Workstation;
  readonly watcher: Watcher;
  /** Signs as alice. */
  readonly signer: Signer;
  /** What the agent of a node is told. */
  settingsOf(node: string): AgentSettings;
  /** Starts the agent of a node; that it is online is for the watcher to say. `home`: ours only, of a life before. */
  /** `isElsewhere`: one of ours, as on another host. */
  startAgent(node: string, home?: string, isElsewhere?: boolean): Promise<Program>;
}

/** What a suite wants to have. */
export interface StandaloneSettings {
  readonly server: PushyServerSettings;
  /** Named `ours…` and `ruby…`. */
  readonly nodes: readonly string[];
  readonly whitelist: (node: string) => Readonly<Record<string, string>>;
}

/** Starts the server, makes the organization `acme`, its admin `alice` and the nodes; no agent runs yet. */
export async function startStandalone(
  scene: Scene,
  { server: settings, nodes, whitelist }: StandaloneSettings,
): Promise<Standalone> {
  const home = await makeServerHome(scene, settings);
  const server = await startPushyServer(scene, home);
  const keys = await scene.subdir('keys');
  const keyOf = (name: string): string => join(keys, `${name}.pem`);
  await server.ctl('org-add', 'acme');
  await Promise.all([
    server.ctl('user-add', 'acme', 'alice', '--admin', '--key', keyOf('alice')),
    ...nodes.map((node) => server.ctl('node-add', 'acme', node, '--key', keyOf(node))),
  ]);
  const url = `${server.url}/organizations/acme`;
  const settingsOf = (node: string): AgentSettings => ({
    url,
    node,
    key: keyOf(node),
    whitelist: whitelist(node),
  });
  const alice = { url, user: 'alice', key: keyOf('alice') };
  return {
    home,
    server,
    url,
    knife: await makeKnife(scene, alice),
    pushy: await makeCli(scene, alice),
    watcher: await makeWatcher(alice),
    signer: { userId: 'alice', key: await readFile(keyOf('alice'), 'utf8') },
    settingsOf,
    startAgent: (node, home, isElsewhere) =>
      node.startsWith('ours')
        ? startPushyAgent(scene, settingsOf(node), home, isElsewhere)
        : startRubyAgent(scene, settingsOf(node)),
  };
}
