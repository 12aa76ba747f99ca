// `npm run draw`: draws the state machines of the server into ARCHITECTURE.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { architectureFile, withMachines } from './architecture.ts';

const before = readFileSync(architectureFile, 'utf8');
const after = withMachines(before);
if (after !== before) writeFileSync(architectureFile, after);
process.stdout.write(
  `ARCHITECTURE.md: ${after === before ? 'nothing to change' : 'machines drawn anew'}\n`,
);
