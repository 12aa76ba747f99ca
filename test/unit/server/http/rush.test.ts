import assert from 'node:assert/strict';
import { makeRush } from '../../../../server/src/http/rush.ts';
import { makeFakeClock, turn } from '../../../helpers/fake-clock.ts';

describe('a rush of requests', () => {
  function setUp() {
    const clock = makeFakeClock();
    const rush = makeRush({ clock });
    const inside: (() => void)[] = [];
    let refused = 0;
    const come = (times: number): void => {
      for (let i = 0; i < times; i++) {
        void rush.enter().then((leave) => {
          if (leave === undefined) refused += 1;
          else inside.push(leave);
        });
      }
    };
    return { clock, come, inside, refused: () => refused };
  }

  it('lets 16 begin in a turn, the others in the turns after it', async () => {
    const { clock, come, inside } = setUp();
    come(40);
    await turn();
    assert.equal(inside.length, 16);
    await clock.advance(1);
    assert.equal(inside.length, 32);
    await clock.advance(1);
    assert.equal(inside.length, 40);
    for (const leave of inside) leave();
    await clock.advance(1);
    assert.equal(clock.waiting(), 0);
  });

  it('has 64 inside at most; whoever leaves makes room for one, however often he says so', async () => {
    const { clock, come, inside } = setUp();
    come(100);
    await clock.advance(100);
    assert.equal(inside.length, 64);
    for (let i = 0; i < 5; i++) inside[0]?.();
    await clock.advance(100);
    assert.equal(inside.length, 65);
  });

  it('lets 1,024 wait, ten seconds at most, and refuses the rest at once', async () => {
    const { clock, come, inside, refused } = setUp();
    come(16 + 1024 + 5);
    await turn();
    assert.equal(refused(), 5);
    await clock.advance(9_999);
    assert.deepEqual([inside.length, refused()], [64, 5]);
    await clock.advance(1);
    assert.deepEqual([inside.length, refused()], [64, 5 + 16 + 1024 - 64]);
    assert.equal(clock.waiting(), 0);
  });
});
