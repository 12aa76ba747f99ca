// `npm run soak -- [--minutes N]`: jobs without a pause on four agents, whose server is restarted each minute. Exit
// code 1 when memory, descriptors or lateness of an agent grow, or a job did not end as it ran. Default: an hour.
import { parseArgs } from 'node:util';
import { makeWorkplace } from '../helpers/workplace.ts';
import { reportLines } from './report.ts';
import { soak } from './soak.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  process.stderr.write('usage: npm run soak -- [--minutes N]\n');
  process.exitCode = 2;
} else {
  const workplace = await makeWorkplace();
  try {
    const report = await soak(workplace, { seconds: minutes * 60, restartEvery: 60 });
    process.stdout.write(`${reportLines(report).join('\n')}\n`);
    if (report.problems.length > 0) process.exitCode = 1;
  } finally {
    await workplace.end();
  }
}
