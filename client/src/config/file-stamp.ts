import { stat } from 'node:fs/promises';

/** A text that is another one when a file was changed, replaced, made or removed. */
export async function fileStamp(files: readonly string[]): Promise<string> {
  const stamps = await Promise.all(
    files.map(async (file) => {
      try {
        const { ino, size, mtimeMs, ctimeMs } = await stat(file);
        return [ino, size, mtimeMs, ctimeMs].join(':');
      } catch (error) {
        if (error instanceof Error && 'code' in error) return String(error.code);
        throw error;
      }
    }),
  );
  return stamps.join(' ');
}
