// `npm run demo`: a job on three agents, on a machine with nothing but Node.
import { install } from './install.mjs';
import { runStage } from './stage.mjs';

const { ok } = (await install())
  ? await runStage(
      'demo',
      process.execPath,
      ['--import', 'ts-blank-space/register', '--conditions=@pushy/source', 'test/demo/demo.ts'],
      // A bound, not a goal: a machine that is busy elsewhere takes its time.
      { timeoutMs: 180_000 },
    )
  : { ok: false };
process.exitCode = ok ? 0 : 1;
