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
    assert.deepEqual(rest, { level: 'info', job_id: 'a', msg: 'job ended' });
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

  it('Decision 11 hides secrets in lists, in errors under any name and deep inside, and leaves all else', () => {
    const error = Object.assign(new Error('x'), { key: 'hush', at: { env: 'hush', ok: 1 } });
    const round: Record<string, unknown> = { stdout: 'hush' };
    round['again'] = round;
    const [said] = lines('info', (log) => {
      const list = [{ key: 'hush', ok: 2 }, null, [3]];
      const deep = { a: { b: { c: { session_key: 'hush', ok: 4 } } } };
      const fields = { list, deep, err: error, cause: error, round, since: new Date(0) };
      log.error({ ...fields, missing: undefined }, 'x');
    });
    const text = JSON.stringify(said);
    assert.ok(!text.includes('hush'), text);
    const { list, deep, since, cause, err } = said as Record<string, unknown>;
    assert.deepEqual(list, [{ key: '[secret]', ok: 2 }, null, [3]]);
    assert.deepEqual(deep, { a: { b: { c: { session_key: '[secret]', ok: 4 } } } });
    assert.equal(since, '1970-01-01T00:00:00.000Z');
    assert.deepEqual(cause, { key: '[secret]', at: { env: '[secret]', ok: 1 } });
    assert.deepEqual((err as { at: unknown }).at, { env: '[secret]', ok: 1 });
  });

  it('spells every field in one way, whoever logs it', () => {
    const [line] = lines('info', (log) => {
      log.info({ jobId: 'a', orgId: 'b', node: 'c', api_port: 1, boundTo: 'd' }, 'x');
    });
    const { time, ...rest } = line as { time: string };
    assert.ok(time !== '');
    const fields = { job_id: 'a', org_id: 'b', node: 'c', api_port: 1, bound_to: 'd' };
    assert.deepEqual(rest, { level: 'info', ...fields, msg: 'x' });
  });

  it('Decision 11 hides secrets in either spelling, and passwords in what an error quotes', () => {
    const cause = new Error('cannot reach postgres://pushy:hush@db.example.com/x');
    const said = lines('info', (log) => {
      log.info({ privateKey: 'hush', private_key: 'hush', databaseUrl: 'hush', file: 'hush' }, 'x');
      log.info({ config: { postgresqlSqlPassword: 'hush', chefSuperuserPem: 'hush' } }, 'x');
      log.error({ err: new Error('at postgres://u:hush@h/d: refused', { cause }) }, 'x');
      log.error({ err: new Error('at postgres://u:hu@sh/hush@h/d?password=hush&a=1') }, 'x');
      log.error({ err: 'no error at all' }, 'x');
    });
    const text = JSON.stringify(said);
    assert.ok(!/hush|sh@/.test(text), text);
    assert.match(text, /postgres:\/\/pushy:\[secret\]@db\.example\.com/);
    assert.match(text, /no error at all/);
  });

  it('Decision 11 hides passwords in addresses wherever they stand: in all of several errors, in texts', () => {
    const url = 'postgres://u:hush@h/d';
    const many = new AggregateError([new Error(`at ${url}`)], 'all failed');
    const err = Object.assign(new Error('x'), { options: { url } });
    const said = lines('info', (log) => {
      log.error({ err: many, error: `at ${url}`, a: [url] }, 'x');
      log.error({ err }, 'x');
      log.error({ err: url }, 'x');
    });
    const text = JSON.stringify(said);
    assert.ok(!text.includes('hush'), text);
    assert.match(text, /at postgres:\/\/u:\[secret\]@h\/d/);
  });

  it('says of a field that cannot be read why, and fails nobody who logs it', () => {
    const bad = {
      enumerable: true,
      get: (): never => {
        throw new Error('closed');
      },
    };
    const thing = Object.defineProperty({}, 'state', bad);
    const err = Object.defineProperty(new Error('x'), 'state', bad);
    const [said] = lines('info', (log) => {
      log.error({ thing, err, jobId: 'a' }, 'x');
    });
    const { thing: field, err: error, job_id } = said as Record<string, unknown>;
    const why = '[cannot be read: Error: closed]';
    assert.deepEqual([field, error, job_id], [why, why, 'a']);
  });
});
