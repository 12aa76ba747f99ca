import assert from 'node:assert/strict';
import type { RunResult } from '../../helpers/run.ts';
import { useScene } from '../harness/scene.ts';
import { nodes } from './commands.ts';
import { makeStage, programNames, type ProgramName, type Stage } from './stage.ts';
import { transcribe, type Transcript } from './transcript.ts';

/** What the tests of one stage do with it. */
export interface Play {
  /** There in hooks and tests. */
  readonly stage: () => Stage;
  /** Runs both programs at the same time and compares all that they say. */
  readonly bothSay: Compared;
  /** The same for a job, which needs the agents for itself: one program after the other. */
  readonly bothStart: Compared;
}

type Compared = (args: readonly string[], expected: Expected) => Promise<void>;

/** What the programs say, in short: exit code 0 and nothing on stderr unless said. */
type Expected = Partial<Transcript> | Readonly<Record<ProgramName, Partial<Transcript>>>;

/** Sets the stage around the tests of the surrounding `describe`. */
export function usePlay(): Play {
  const scene = useScene('workstation', 'reference agent', 'postgresql', 'nginx');
  let made: Stage | undefined;
  before('the stage', async () => {
    made = await makeStage(scene);
  });
  const stage = (): Stage => {
    if (made === undefined) throw new Error('the stage is there in hooks and tests only');
    return made;
  };
  return {
    stage,
    bothSay: async (args, expected) => {
      const results = await Promise.all(
        programNames.map((name) => stage().programs[name].run(args)),
      );
      compare(results, expected);
    },
    bothStart: async (args, expected) => {
      const results: RunResult[] = [];
      for (const name of programNames) {
        await stage().watcher.available(nodes);
        results.push(await stage().programs[name].run([...args, '--poll-interval', '0.2']));
      }
      compare(results, expected);
    },
  };
}

/** In one comparison: the difference shows at once whether one of them or both are wrong. */
function compare(results: readonly RunResult[], expected: Expected): void {
  const each = 'knife' in expected ? expected : { knife: expected, pushy: expected };
  const said = programNames.map((name, index) => {
    const result = results[index];
    return [name, result && transcribe(result)];
  });
  const wanted = programNames.map((name) => [
    name,
    { code: 0, stdout: '', stderr: '', ...each[name] },
  ]);
  assert.deepEqual(Object.fromEntries(said), Object.fromEntries(wanted));
}
