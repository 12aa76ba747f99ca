import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { ConfigRequest } from '../helpers/scripted-server.ts';
import { DIFFERENCES, LOCK_DIFFERENCES } from './agent-contract/differences.ts';
import { startWaiting, type Difference, type Play } from './agent-contract/play.ts';
import { PLAYS } from './agent-contract/plays.ts';
import { inShort, type Reply } from './agent-contract/reply.ts';
import { startSide, type Side } from './agent-contract/side.ts';
import { ENTRIES, WHITELIST } from './agent-contract/whitelist.ts';
import { startPushyAgent } from './harness/pushy-agent.ts';
import { startRubyAgent } from './harness/ruby-agent.ts';
import { useScene } from './harness/scene.ts';

// The same script of a ROUTER for the reference agent and for ours: every reply is the same, to the members and
// their order, except where REFERENCE 19 says otherwise.
describe('the reference agent and ours, by one script (REFERENCE 15, 16)', () => {
  const scene = useScene('reference agent', 'root');
  let reference: Side;
  let ours: Side;
  let played = 0;

  before('both start', async () => {
    const settings = { whitelist: WHITELIST, entries: ENTRIES };
    [reference, ours] = await Promise.all([
      startSide(scene, 'reference agent', startRubyAgent, settings),
      startSide(scene, 'agent of ours', startPushyAgent, settings),
    ]);
  });
  after('both servers end', () => Promise.all([reference.close(), ours.close()]));

  /** What both reply, when the same is done to both. */
  async function both(act: Play['act']): Promise<[Reply[], Reply[]]> {
    const play = String(++played).padStart(31, '0');
    const one = async (side: Side): Promise<Reply[]> => {
      await act(side, (letter) => `${play}${letter}`);
      return side.replies();
    };
    return Promise.all([one(reference), one(ours)]);
  }

  function same(theirs: readonly Reply[], mine: readonly Reply[]): void {
    assert.deepEqual(mine.map(withoutReason), theirs);
  }

  for (const { title, act } of PLAYS) {
    it(title, async () => {
      same(...(await both(act)));
    });
  }

  it('15.6 the numbers of all messages, from 1', () => {
    for (const { server } of [reference, ours]) {
      const numbers = server.said.map(({ body }) => body['sequence']);
      assert.deepEqual(
        numbers,
        Array.from(numbers, (_, index) => index + 1),
      );
    }
  });

  function testDifferences(plays: readonly Difference[]): void {
    for (const { rule, title, act, ...expected } of plays) {
      it(`${rule} ${title}`, async () => {
        const [theirs, mine] = await both(act);
        assert.deepEqual(
          { reference: theirs.map(inShort), ours: mine.map(inShort) },
          { reference: expected.reference, ours: expected.ours },
        );
      });
    }
  }
  testDifferences(DIFFERENCES);

  it('A5 the time until aborted, for a command that ends at once when it is told to', async () => {
    const took = new Map<Side, number>();
    await both(async (side, id) => {
      await startWaiting(side, id('a'));
      const began = performance.now();
      await side.abort();
      await side.next('aborted');
      took.set(side, performance.now() - began);
    });
    assert.ok((took.get(reference) ?? 0) >= 2900, `the reference took ${took.get(reference)} ms`);
    assert.ok((took.get(ours) ?? Infinity) < 1500, `ours took ${took.get(ours)} ms`);
  });

  it('a server whose broadcasts stop and come back: the reference numbers anew, ours keeps the command channel', async () => {
    const [theirs, mine] = await both(async (side) => {
      side.server.stopBroadcast();
      await side.agent.line(/Closing and reopening sockets|no broadcast of the server/);
      side.server.startBroadcast();
      if (side.isReference) await side.firstBeat();
      else {
        await side.agent.line(/the server is back/);
        await side.beat('idle');
      }
      await side.abort();
      await side.next('aborted');
    });
    same(theirs, mine);
  });

  it('A11 a new incarnation of the server, which then says nothing on the command channel', async () => {
    const [theirs, mine] = await both(async (side) => {
      side.server.state.incarnation = randomUUID();
      await side.server.request(2);
      await side.firstBeat();
      // No greeting: both ask once more, the reference by turns of its loop, ours by the clock.
      await side.server.request(3);
      await side.firstBeat();
      await side.abort();
      await side.next('aborted');
    });
    same(theirs, mine);
  });

  it('8.2 every request for the configuration', () => {
    const first = reference.server.requests.map(asked)[0];
    for (const { server } of [reference, ours]) {
      assert.ok(server.requests.length >= 3);
      for (const request of server.requests) assert.deepEqual(asked(request), first);
    }
  });

  testDifferences(LOCK_DIFFERENCES);

  it('A6 the end of an agent without a job: nothing, or what ends one', async () => {
    for (const { agent } of [reference, ours]) await agent.stop();
    assert.deepEqual(reference.lastWords(), []);
    for (const word of ours.lastWords()) assert.equal(inShort(word), 'aborted null');
  });
});

/** A request as both make it; the doubled slash, our capabilities and what Chef's library adds are left out. */
function asked({ url, headers, isSigned }: ConfigRequest): unknown {
  const { accept, 'x-ops-sign': sign, 'x-ops-userid': user } = headers;
  const ccpk = url.searchParams.get('ccpk')?.length;
  const version = url.searchParams.get('version');
  return { path: url.pathname, ccpk, version, isSigned, accept, sign, user };
}

/** Ours says why it refuses a commit, in a member behind the others: what the reference's server does not read. */
function withoutReason(reply: Reply): Reply {
  const [name, why] = reply.members.at(-1) ?? [];
  if (name !== 'reason') return reply;
  assert.ok(typeof why === 'string' && why !== '');
  return { ...reply, members: reply.members.slice(0, -1) };
}
