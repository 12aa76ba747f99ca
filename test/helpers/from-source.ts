import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

/** The command line that runs one of the project's programs from its source, from any directory. */
export function fromSource(
  program: string,
  args: readonly string[],
): { file: string; args: string[] } {
  return {
    file: process.execPath,
    args: [
      '--import',
      import.meta.resolve('ts-blank-space/register'),
      '--conditions=@pushy/source',
      fileURLToPath(new URL(program, root)),
      ...args,
    ],
  };
}
