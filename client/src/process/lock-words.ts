/** What stands in a lock, for whoever cannot have it: process and state directory of the agent that has it. */
export function lockWords(stateDir: string): string {
  return `${process.pid}\n${stateDir}\n`;
}

/** Reads that; nothing is known of what stands there otherwise. */
export function readLockWords(text: string): { pid: number | undefined; stateDir?: string } {
  const found = /^(\d+)\n([^]*)\n$/.exec(text);
  if (found === null) return { pid: undefined };
  return { pid: Number(found[1]), ...(found[2] ? { stateDir: found[2] } : {}) };
}
