import { existsSync } from 'node:fs';
import { isGemSetInstalled } from '../../provision/gem-sets.ts';
import { postgresBin } from './postgres-bin.ts';

const checks = {
  postgresql: () => postgresBin() !== undefined,
  nginx: () => existsSync('/usr/sbin/nginx'),
  goiardi: () => existsSync('/usr/bin/goiardi'),
  workstation: () => isGemSetInstalled('workstation'),
  'reference agent': () => isGemSetInstalled('agent'),
  // Only root may run a job as another user.
  root: () => process.getuid?.() === 0,
};

/** Something that the machine must have for a suite. */
export type Piece = keyof typeof checks;

/** What is missing here, each with a word of why. */
export function missingPieces(pieces: readonly Piece[]): string[] {
  return pieces
    .filter((piece) => !checks[piece]())
    .map((piece) => (piece === 'root' ? 'it must run as root' : `${piece} is not installed`));
}
