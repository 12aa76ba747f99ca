import assert from 'node:assert/strict';
import { mkdirSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepNote, readNote } from '../../../client/src/agent-note.ts';
import { makeLog } from '../../../client/src/log.ts';
import { makeFakeClock } from '../../helpers/fake-clock.ts';
import { makeTempDir } from '../../helpers/temp-dir.ts';

describe('the note of a running agent for the doctor', () => {
  let dir: string;
  let remove: () => Promise<void>;
  const lines: string[] = [];
  const note = { pid: 7, node: 'web01', server: 'https://x/organizations/y', config: '/c.rb' };
  beforeEach(async () => {
    [dir, remove] = await makeTempDir();
    lines.length = 0;
  });
  afterEach(() => remove());

  function keep(stateDir: string, isOnline: () => boolean) {
    const end = new AbortController();
    const clock = makeFakeClock();
    const write = (line: string) => lines.push(line);
    const log = makeLog({ level: 'debug', showTime: false, now: () => 0, write });
    const kept = keepNote({ clock, log, stateDir, note, isOnline }, end.signal);
    const stop = async () => {
      end.abort();
      await kept;
      assert.equal(clock.waiting(), 0);
    };
    return { clock, stop };
  }

  it('follows whether it hears its server, and is for its own user alone', async () => {
    const stateDir = join(dir, 'state');
    let isOnline = false;
    const { clock, stop } = keep(stateDir, () => isOnline);
    assert.deepEqual(readNote(stateDir, 7), note);
    isOnline = true;
    await clock.advance(2000);
    const hearsSince = '2026-01-01T00:00:02.000Z';
    assert.deepEqual(readNote(stateDir, 7), { ...note, hearsSince });
    await clock.advance(60_000);
    assert.equal(readNote(stateDir, 7)?.hearsSince, hearsSince);
    assert.equal(statSync(join(stateDir, 'agent.json')).mode & 0o777, 0o600);
    isOnline = false;
    await clock.advance(2000);
    assert.deepEqual(readNote(stateDir, 7), note);
    await stop();
  });

  it('is nothing where it is of another process, broken, or not there', () => {
    assert.equal(readNote(dir, 7), undefined);
    writeFileSync(join(dir, 'agent.json'), '{"pid":7');
    assert.equal(readNote(dir, 7), undefined);
    writeFileSync(join(dir, 'agent.json'), JSON.stringify(note));
    assert.equal(readNote(dir, 8), undefined);
    assert.equal(readNote(dir, undefined), undefined);
    assert.deepEqual(readNote(dir, 7), note);
  });

  it('ends nothing where it cannot be written, leaves nothing untrue, and is back when it can', async () => {
    let isOnline = true;
    const { clock, stop } = keep(dir, () => isOnline);
    assert.ok(readNote(dir, 7)?.hearsSince);
    mkdirSync(join(dir, 'agent.json.new'));
    isOnline = false;
    await clock.advance(10_000);
    rmSync(join(dir, 'agent.json'), { force: true });
    mkdirSync(join(dir, 'agent.json'));
    await clock.advance(10_000);
    rmdirSync(join(dir, 'agent.json'));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /^DEBUG: the note for the doctor cannot be written/);
    assert.equal(readNote(dir, 7), undefined);
    rmdirSync(join(dir, 'agent.json.new'));
    await clock.advance(2000);
    assert.deepEqual(readNote(dir, 7), note);
    await stop();
  });
});
