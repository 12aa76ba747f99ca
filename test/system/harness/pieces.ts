import { existsSync } from 'node:fs';
import { isGemSetInstalled } from '../../provision/gem-sets.ts';
import { postgresBin } from './postgres-bin.ts';

const checks = {
  postgresql: () => postgresBin() !== undefined,
  nginx: () => existsSync('/usr/sbin/nginx'),
  goiardi: () => existsSync('/usr/bin/goiardi'),
  workstation: () => isGemSetInstalled('workstation'),
  'reference agent': () => isGemSetInstalled('agent'),
  namespaces: () => existsSync('/usr/sbin/ip') || existsSync('/sbin/ip'),
  systemd: () => existsSync('/usr/bin/systemd-nspawn'),
  // Only root may run a job as another user, or make a network.
  root: () => process.getuid?.() === 0,
};

/** Something that the machine must have for a suite. */
export type Piece = keyof typeof checks;

const words: Partial<Record<Piece, string>> = {
  root: 'it must run as root',
  namespaces: 'iproute2 is not installed',
  systemd: 'systemd-container is not installed',
};

/** What is missing here, each with a word of why. */
export function missingPieces(pieces: readonly Piece[]): string[] {
  return pieces
    .filter((piece) => !checks[piece]())
    .map((piece) => words[piece] ?? `${piece} is not installed`);
}
