import { gemSetNames, installGemSet } from './gem-sets.ts';

const t = Date.now();
await Promise.all(
  gemSetNames.map(async (name) => {
    const how = await installGemSet(name);
    process.stdout.write(`${name}: ${how} in ${Date.now() - t} ms\n`);
  }),
);
