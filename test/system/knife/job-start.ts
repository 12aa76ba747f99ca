import assert from 'node:assert/strict';
import { until } from '../../helpers/until.ts';
import { nodes } from './commands.ts';
import type { Play } from './play.ts';
import { programNames } from './stage.ts';
import { text, transcribe } from './transcript.ts';

/** `job start` (ADDON D.2): both kinds of agent in one job. */
export function testJobStart({ stage, bothStart }: Play): void {
  it('runs on the nodes that are named', () =>
    bothStart(['job', 'start', 'greet', ...nodes], {
      stdout: text`
        Started.  Job ID: <JOB>
        .Complete.
        command:     greet
        created_at:  <DATE>
        env:
        id:          <JOB>
        nodes:
          succeeded:
            db1
            web1
            web2
        run_timeout: 3600
        status:      complete
        updated_at:  <DATE>
      `,
    }));

  it('runs on the nodes that a search finds', () =>
    bothStart(['job', 'start', 'greet', '--search', 'tier:data OR name:web1'], {
      stdout: text`
        Started.  Job ID: <JOB>
        .Complete.
        command:     greet
        created_at:  <DATE>
        env:
        id:          <JOB>
        nodes:
          succeeded:
            db1
            web1
        run_timeout: 3600
        status:      complete
        updated_at:  <DATE>
      `,
    }));

  it('ends with 1 when a search finds nothing', () =>
    bothStart(['job', 'start', 'greet', '--search', 'tier:middle'], {
      knife: {
        code: 1,
        stderr: text`
          ERROR: No nodes to run job on. Specify nodes as arguments or use -s to specify a search query.
        `,
      },
      pushy: {
        code: 1,
        stderr: text`
          ERROR: No nodes to run job on. Specify nodes as arguments or use -s to specify a search query.
          The search for tier:middle found none.
        `,
      },
    }));

  it('tells apart who succeeded, failed, refused and is not there', () =>
    bothStart(['job', 'start', 'uneven', 'web1', 'db1', 'web2', 'ghost', '--quorum', '2'], {
      code: 1,
      stdout: text`
        Started.  Job ID: <JOB>
        .Complete.
        command:     uneven
        created_at:  <DATE>
        env:
        id:          <JOB>
        nodes:
          failed:      db1
          nacked:      web2
          succeeded:   web1
          unavailable: ghost
        run_timeout: 3600
        status:      complete
        updated_at:  <DATE>
      `,
    }));

  const threeOfFour = text`
    Started.  Job ID: <JOB>
    .Complete.
    command:     greet
    created_at:  <DATE>
    env:
    id:          <JOB>
    nodes:
      succeeded:
        db1
        web1
        web2
      unavailable: ghost
    run_timeout: 3600
    status:      complete
    updated_at:  <DATE>
  `;
  const fourWanted = text`
    Started.  Job ID: <JOB>
    .Quorum_failed.
    command:     greet
    created_at:  <DATE>
    env:
    id:          <JOB>
    nodes:
      unavailable: ghost
      was_ready:
        db1
        web1
        web2
    run_timeout: 3600
    status:      quorum_failed
    updated_at:  <DATE>
  `;
  for (const [quorum, met] of [
    // A percentage is rounded up: 3 of 4, and 4 of 4.
    ['51%', true],
    ['76%', false],
    ['3', true],
    ['4', false],
  ] as const) {
    it(`${met ? 'runs with' : 'does not reach'} a quorum of ${quorum} when three of four are there`, () =>
      bothStart(['job', 'start', 'greet', ...nodes, 'ghost', '--quorum', quorum], {
        code: met ? 0 : 1,
        stdout: met ? threeOfFour : fourWanted,
      }));
  }

  for (const name of programNames) {
    it(`follows a running job with ${name}`, async () => {
      const { programs, commands, watcher, countPolls } = stage();
      await watcher.available(nodes);
      await commands.closeGate();
      const watch = async (): Promise<void> => {
        const { id } = await watcher.running(nodes);
        // The poll on its way may still have seen the nodes getting ready; the one after it has not.
        const polls = await countPolls(id);
        await until(
          'two more polls',
          () => countPolls(id),
          (count) => (count >= polls + 2 ? true : undefined),
        );
        await commands.openGate();
      };
      const running = programs[name].run([
        ...['job', 'start', 'wait', ...nodes, '--timeout', '60', '--poll-interval', '0.2'],
      ]);
      const [result] = await Promise.all([running, watch()]);
      assert.deepEqual(transcribe(result, { progress: 'running' }), {
        code: 0,
        stdout: text`
          Started.  Job ID: <JOB>
          .Running (1/3 in progress) ...
          .Complete.
          command:     wait
          created_at:  <DATE>
          env:
          id:          <JOB>
          nodes:
            succeeded:
              db1
              web1
              web2
          run_timeout: 60
          status:      complete
          updated_at:  <DATE>
        `,
        stderr: '',
      });
    });
  }
}
