import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scene } from '../harness/scene.ts';

/** Our two agents, then the reference agent. */
export const nodes = ['web1', 'web2', 'db1'] as const;
/** A node of the stage. */
export type NodeName = (typeof nodes)[number];

/** The commands that the agents may run, as files that every user of the machine may read. */
export interface Commands {
  readonly whitelist: (node: NodeName) => Record<string, string>;
  /** Where jobs may be told to run. */
  readonly directory: string;
  /** Lets every "wait" end, those to come included. */
  readonly openGate: () => Promise<void>;
  readonly closeGate: () => Promise<void>;
}

/** Says all that a job can be given, on both streams. */
const probe = `#!/bin/sh
echo "user: $(id -un) of $(id -Gn)"
echo "directory: $(pwd)"
echo "node: $CHEF_PUSH_NODE_NAME"
echo "job: $CHEF_PUSH_JOB_ID"
echo "GREETING: $GREETING"
echo "EMPTY: \${EMPTY-not set}"
echo "file: $CHEF_PUSH_JOB_FILE"
cat "$CHEF_PUSH_JOB_FILE"
echo " (its end)"
echo "a warning of $(id -un) on $CHEF_PUSH_NODE_NAME" >&2
`;

/** Writes the commands into a directory of the scene. */
export async function writeCommands(scene: Scene): Promise<Commands> {
  const home = await scene.subdir('commands');
  const directory = await scene.subdir('directory');
  const script = join(home, 'probe');
  await writeFile(script, probe);
  await chmod(script, 0o755);
  const gate = join(home, 'gate');
  return {
    directory,
    whitelist: (node) => ({
      greet: 'echo "hello from $CHEF_PUSH_NODE_NAME"',
      probe: script,
      wait: `sh -c 'until test -e ${gate}; do sleep 0.05; done; echo through the gate'`,
      ...(node === 'web1' ? { uneven: 'echo fine' } : {}),
      ...(node === 'db1' ? { uneven: `sh -c 'echo not fine >&2; exit 3'` } : {}),
    }),
    openGate: () => writeFile(gate, ''),
    closeGate: () => rm(gate, { force: true }),
  };
}
