/**
 * Imported before anything else: an agent waits most of its life, and is measured by the memory that it holds
 * meanwhile. Node takes these only before the code that they are about has run.
 */
import { setFlagsFromString } from 'node:v8';

const FLAGS = [
  // An agent has no hot code. The optimizing compilers alone bring 8 MB of Node's own program into memory.
  '--no-opt',
  '--no-maglev',
  // The young generation would grow with what a start allocates, and stay as large as that.
  '--semi-space-growth-factor=1',
];

for (const flag of FLAGS) setFlagsFromString(flag);
