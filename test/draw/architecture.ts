import { fileURLToPath } from 'node:url';
import { drawMachines } from './machines.ts';

/** The file that holds the drawing. */
export const architectureFile = fileURLToPath(new URL('../../ARCHITECTURE.md', import.meta.url));

const begin = '<!-- machines: written by `npm run draw` -->';
const end = '<!-- end of machines -->';

/** ARCHITECTURE.md with the drawing of today between its marks; throws where a mark is missing. */
export function withMachines(text: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`ARCHITECTURE.md has no '${begin}' before '${end}'`);
  return `${text.slice(0, from + begin.length)}\n\n${drawMachines()}\n\n${text.slice(to)}`;
}
