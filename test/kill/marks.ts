import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The file outside of the product in which every run of a job leaves a line. */
export interface Marks {
  /** The command line of a job: leaves its mark, takes PAUSE seconds, ends with the exit code EXIT. */
  readonly command: string;
  /** How often each node ran each job, by `JOB NODE`. */
  count(): Promise<ReadonlyMap<string, number>>;
}

/** Writes the command into a directory that every user may read; the marks are kept beside it. */
export async function makeMarks(dir: string): Promise<Marks> {
  const file = join(dir, 'marks');
  const script = join(dir, 'mark');
  await writeFile(file, '');
  await writeFile(
    script,
    `#!/bin/sh\necho "$CHEF_PUSH_JOB_ID $CHEF_PUSH_NODE_NAME" >> ${file}\nsleep "$PAUSE"\nexit "$EXIT"\n`,
  );
  await chmod(script, 0o755);
  return {
    command: script,
    count: async () => {
      const counts = new Map<string, number>();
      for (const line of (await readFile(file, 'utf8')).split('\n')) {
        if (line !== '') counts.set(line, (counts.get(line) ?? 0) + 1);
      }
      return counts;
    },
  };
}
