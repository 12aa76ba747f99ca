import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../helpers/free-port.ts';
import type { Program } from '../../helpers/program.ts';
import { gemProgram } from './gem-program.ts';
import type { Scene } from './scene.ts';

/** chef-zero with several organizations: the Chef API without authentication. */
export interface ChefZero {
  readonly url: string;
  readonly program: Program;
  /** Any call of the Chef API; rejects on an answer other than 2xx, with what it said. */
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  createOrganization(name: string): Promise<void>;
  /** Creates a client with a new key; answers the path of its private key file. */
  createClient(org: string, name: string): Promise<string>;
  /** Creates a user with a new key and makes it a member; answers the path of its private key file. */
  createUser(org: string, name: string): Promise<string>;
  createNode(org: string, name: string, more?: Record<string, unknown>): Promise<void>;
  /** Creates the group, or sets the members of the one that is there. */
  setGroup(org: string, name: string, members: GroupMembers): Promise<void>;
}

/** Who is in a group. */
export interface GroupMembers {
  readonly users?: readonly string[];
  readonly clients?: readonly string[];
  readonly groups?: readonly string[];
}

/** Starts chef-zero, empty. */
export async function startChefZero(scene: Scene): Promise<ChefZero> {
  const port = await freePort();
  const home = await scene.subdir('chef-zero');
  const program = await scene.start({
    name: 'chef-zero',
    ...gemProgram(
      'workstation',
      'chef-zero',
      ['--multi-org', '-H', '127.0.0.1', '-p', String(port)],
      home,
    ),
    cwd: home,
    // On SIGTERM it waits for open connections.
    stopSignal: 'SIGINT',
  });
  await program.line(/WEBrick::HTTPServer#start|listening/);
  const url = `http://127.0.0.1:${port}`;

  const api = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(url + path, {
      method,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'x-chef-version': '18.0.0',
        // From version 1 on it forgets the public key that a new client or user brings.
        'x-ops-server-api-version': '0',
        'x-ops-userid': 'pivotal',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (!response.ok)
      throw new Error(`chef-zero: ${method} ${path}: ${response.status} ${text.trim()}`);
    return JSON.parse(text);
  };
  /** chef-zero would hand out one shared key: this one is the actor's own. */
  const newKey = async (name: string): Promise<{ file: string; publicKey: string }> => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const file = join(home, `${name}.pem`);
    await writeFile(file, privateKey, { mode: 0o600 });
    return { file, publicKey };
  };

  return {
    url,
    program,
    api,
    createOrganization: async (name) => {
      await api('POST', '/organizations', { name, full_name: name });
    },
    createClient: async (org, name) => {
      const { file, publicKey } = await newKey(`${org}-client-${name}`);
      await api('POST', `/organizations/${org}/clients`, { name, public_key: publicKey });
      return file;
    },
    createUser: async (org, name) => {
      const { file, publicKey } = await newKey(`${org}-user-${name}`);
      await api('POST', '/users', {
        username: name,
        display_name: name,
        email: `${name}@example.com`,
        password: 'not-used-anywhere',
        public_key: publicKey,
      });
      await api('POST', `/organizations/${org}/users`, { username: name });
      return file;
    },
    createNode: async (org, name, more = {}) => {
      await api('POST', `/organizations/${org}/nodes`, {
        name,
        json_class: 'Chef::Node',
        chef_type: 'node',
        chef_environment: '_default',
        normal: {},
        default: {},
        override: {},
        automatic: { name },
        run_list: [],
        ...more,
      });
    },
    setGroup: async (org, name, { users = [], clients = [], groups = [] }) => {
      const path = `/organizations/${org}/groups`;
      const known = (await api('GET', path)) as Record<string, string>;
      if (!(name in known)) await api('POST', path, { groupname: name });
      await api('PUT', `${path}/${name}`, { groupname: name, actors: { users, clients, groups } });
    },
  };
}
