import { writeFile } from 'node:fs/promises';

/** Which parts of the memory the kernel writes into a core dump, as bits. */
const FILTER = '/proc/self/coredump_filter';

/**
 * Keeps the memory of this process, which holds keys and env values, out of every core dump (Decision 11); registers
 * and the list of mappings remain. Answers why it could not; there is no such file but on Linux.
 */
export async function keepOutOfDumps(): Promise<{ ok: true } | { ok: false; cause: unknown }> {
  try {
    await writeFile(FILTER, '0');
    return { ok: true };
  } catch (cause) {
    return { ok: false, cause };
  }
}
