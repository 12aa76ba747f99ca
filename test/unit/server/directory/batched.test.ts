import assert from 'node:assert/strict';
import { makeBatched } from '../../../../server/src/directory/batched.ts';
import { turn } from '../../../helpers/fake-clock.ts';

describe('questions that are asked together', () => {
  const open = () => {
    const batches: { questions: readonly string[]; answer: () => void; fail: () => void }[] = [];
    const ask = makeBatched<string, string>({
      keyOf: (question) => question,
      ask: (questions) =>
        new Promise((resolve, reject) => {
          const answer = (): void => {
            resolve(questions.map((question) => question.toUpperCase()));
          };
          const fail = (): void => {
            reject(new Error('away'));
          };
          batches.push({ questions, answer, fail });
        }),
      max: 2,
      atOnce: 1,
    });
    return { ask, batches, asked: () => batches.map(({ questions }) => questions) };
  };

  it('asks at once, and what comes meanwhile afterwards, no more at a time than it may', async () => {
    const { ask, batches, asked } = open();
    const answers = ['a', 'b', 'c', 'b', 'd'].map(ask);
    assert.deepEqual(asked(), [['a']]);
    batches[0]?.answer();
    await turn();
    assert.deepEqual(asked(), [['a'], ['b', 'c']]);
    batches[1]?.answer();
    await turn();
    batches[2]?.answer();
    assert.deepEqual(await Promise.all(answers), ['A', 'B', 'C', 'B', 'D']);
    assert.deepEqual(asked(), [['a'], ['b', 'c'], ['d']]);
  });

  it('never answers with what was asked before the question came', async () => {
    const { ask, batches, asked } = open();
    const first = ask('a');
    const second = ask('a');
    batches[0]?.answer();
    await first;
    assert.deepEqual(asked(), [['a'], ['a']]);
    batches[1]?.answer();
    assert.equal(await second, 'A');
  });

  it('lets a failure reach those who asked together, and nobody else', async () => {
    const { ask, batches } = open();
    const first = ask('a');
    const others = [ask('b'), ask('c')];
    batches[0]?.fail();
    await assert.rejects(first, /away/);
    await turn();
    batches[1]?.answer();
    assert.deepEqual(await Promise.all(others), ['B', 'C']);
  });

  it('says so when not every question was answered', async () => {
    const ask = makeBatched<string, string>({
      keyOf: (question) => question,
      ask: () => Promise.resolve([]),
      max: 2,
      atOnce: 1,
    });
    await assert.rejects(ask('a'), /questions were not answered/);
  });
});
