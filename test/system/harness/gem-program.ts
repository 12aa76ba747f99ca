import { gemSet, type GemSetName } from '../../provision/gem-sets.ts';

/** The command line and environment of a program from a gem set, with a HOME that holds nobody's settings. */
export function gemProgram(
  set: GemSetName,
  bin: string,
  args: readonly string[],
  home: string,
): { file: string; args: string[]; env: NodeJS.ProcessEnv } {
  const gems = gemSet(set);
  return { ...gems.command(bin, args), env: { ...gems.env, HOME: home } };
}
