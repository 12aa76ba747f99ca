import assert from 'node:assert/strict';
import { makeLateResults } from '../../../../server/src/dispatcher/late-results.ts';
import { makeLog } from '../../../helpers/logs.ts';

const OUTPUT = { jobId: 'j', node: 'a', stdout: 'out', stderr: '' };

describe('results that come when their job has left memory', () => {
  const log = makeLog();
  let wants: () => Promise<boolean>;
  let room: boolean;
  let saved: number;
  const keep = makeLateResults({
    log,
    store: { wantsOutput: () => wants() },
    saver: {
      output: () => {
        if (room) saved += 1;
        return room;
      },
      kept: () => Promise.resolve(),
    },
  });
  beforeEach(() => {
    wants = () => Promise.resolve(true);
    room = true;
    saved = 0;
    log.lines.length = 0;
  });

  it('Decision 7 are saved where their job wants them', async () => {
    assert.equal(await keep('org', OUTPUT), true);
    assert.equal(saved, 1);
  });

  it('Decision 5 are done with where their job wants nothing', async () => {
    wants = () => Promise.resolve(false);
    assert.equal(await keep('org', OUTPUT), true);
    assert.equal(saved, 0);
  });

  it('Decision 5 have to come again where there is no room', async () => {
    room = false;
    assert.equal(await keep('org', OUTPUT), false);
  });

  it('Decision 2 have to come again while the database is away', async () => {
    wants = () => Promise.reject(new Error('away'));
    assert.equal(await keep('org', OUTPUT), false);
    assert.equal(log.lines[0]?.message, 'a late result could not be kept');
  });

  it('are asked for a hundred at a time: a flood does not reach the database', async () => {
    let asked = 0;
    let answer = (): void => undefined;
    const gate = new Promise<void>((resolve) => (answer = resolve));
    wants = async () => {
      asked += 1;
      await gate;
      return true;
    };
    const all = Array.from({ length: 150 }, () => keep('org', OUTPUT));
    answer();
    const kept = (await Promise.all(all)).filter((value) => value);
    assert.deepEqual([asked, kept.length, saved], [100, 100, 100]);
    assert.equal(await keep('org', OUTPUT), true);
  });
});
