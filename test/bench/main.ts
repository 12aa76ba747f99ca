import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { envelope } from './benches/envelope.ts';
import type { Figure } from './figure.ts';

/** What `npm run bench -- NAME` knows. */
const BENCHES: Record<string, (quick: boolean) => Figure[] | Promise<Figure[]>> = { envelope };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const [name] = positionals;
const chosen =
  name === 'all' ? Object.keys(BENCHES) : Object.keys(BENCHES).filter((b) => b === name);
if (chosen.length === 0) {
  process.stderr.write(
    `usage: npm run bench -- NAME [--quick] [--json]\nNAME is one of: all, ${Object.keys(BENCHES).join(', ')}\n`,
  );
  process.exitCode = 2;
}
for (const bench of chosen) {
  const figures = (await BENCHES[bench]?.(values.quick)) ?? [];
  if (values.json) for (const f of figures) process.stdout.write(`${JSON.stringify(f)}\n`);
  else table(bench, figures);
}

function table(bench: string, figures: Figure[]): void {
  process.stdout.write(
    `${bench}: Node ${process.version}, ${cpus().length} processors, ${cpus()[0]?.model ?? ''}\n`,
  );
  for (const f of figures) {
    const ratio = f.ratio === null ? '' : `${f.ratio.toFixed(2)} x the limit program`;
    const goal = f.goal === null ? '' : `goal ${f.goal}: ${f.met === true ? 'met' : 'NOT met'}`;
    process.stdout.write(`  ${f.figure}: ${f.value.toFixed(2)} ${f.unit}  ${ratio}  ${goal}\n`);
  }
}
