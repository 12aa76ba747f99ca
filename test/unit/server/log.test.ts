import assert from 'node:assert/strict';
import { makeLog } from '../../../server/src/log.ts';

describe('the log', () => {
  const lines = (level: string, say: (log: ReturnType<typeof makeLog>) => void): object[] => {
    const written: string[] = [];
    say(makeLog(level, { write: (line) => written.push(line) }));
    return written.map((line) => JSON.parse(line) as object);
  };

  it('is JSON lines with level, time and message', () => {
    const [line] = lines('info', (log) => {
      log.info({ jobId: 'a' }, 'job ended');
    });
    const { time, ...rest } = line as { time: string };
    assert.ok(!Number.isNaN(Date.parse(time)));
    assert.deepEqual(rest, { level: 'info', jobId: 'a', msg: 'job ended' });
  });

  it('leaves out what is below its level', () => {
    const said = lines('warn', (log) => {
      log.debug({}, 'd');
      log.info({}, 'i');
      log.warn({}, 'w');
      log.error({ err: new Error('x') }, 'e');
    });
    assert.deepEqual(
      said.map((l) => 'msg' in l && l.msg),
      ['w', 'e'],
    );
  });

  it('Decision 11 hides secrets wherever they stand', () => {
    const said = lines('info', (log) => {
      log.info(
        {
          env: { A: 'hush' },
          job: { env: { A: 'hush' }, key: 'hush' },
          a: { b: { password: 'hush' } },
        },
        'x',
      );
    });
    assert.ok(!JSON.stringify(said).includes('hush'));
  });
});
