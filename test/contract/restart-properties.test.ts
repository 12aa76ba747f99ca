import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isFinished, isSettled, type JobStatus, type NodeStatus } from '@pushy/protocol';
import { makeRoom, SETTINGS, type Room } from '../helpers/dispatcher-room.ts';
import { makeModelAgent, type ModelAgent } from '../helpers/model-agent.ts';

const NAMES = ['a', 'b', 'c'];
const node = fc.constantFrom(...NAMES);
const INTERVAL = SETTINGS.heartbeatInterval;
/** Seconds. */
const RUN_TIMEOUT = 20;
/** Sequences of events of each kind; more find no more, where the machines are whole. */
const RUNS = 150;

/** What a job has to go on over. */
const restarts = [
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('interval' as const) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('read' as const), node }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('beat' as const), node }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      node,
      outcome: fc.constantFrom('succeeded' as const, 'failed' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('write' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('kill server' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reconnect' as const), node }) },
] as const;

/** What it may end by. */
const disasters = [
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill agent' as const), node }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('database' as const), away: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('stop' as const),
      nodes: fc.option(fc.subarray(NAMES)),
    }),
  },
] as const;

const restartsAlone = fc.array(fc.oneof(...restarts), { maxLength: 40 });
const anything = fc.array(fc.oneof(...restarts, ...disasters), { maxLength: 40 });
type Action = typeof anything extends fc.Arbitrary<(infer T)[]> ? T : never;

/** A server that can be killed, its agents, and one job. */
class World {
  room: Room;
  readonly agents: ModelAgent[] = [];
  jobId = '';
  private readonly keeps: boolean;
  /** Writes that are under way. */
  private writes: (() => void)[] = [];

  /** `keeps`: the agents keep results until they are acknowledged (Decision 5). */
  constructor(keeps: boolean) {
    this.keeps = keeps;
    this.room = this.makeRoom();
  }

  private makeRoom(before?: Room): Room {
    return makeRoom({ acknowledges: () => this.keeps }, before);
  }

  async begin(quorum: number): Promise<void> {
    const { keeps } = this;
    for (const name of NAMES) this.agents.push(makeModelAgent(name, this.room, { keeps }));
    await this.interval();
    await this.interval();
    this.slow();
    this.jobId = await this.room.start(NAMES, { quorum, runTimeout: RUN_TIMEOUT });
  }

  /** A write takes until somebody lets it go on. */
  private slow(): void {
    this.room.store.gate = () => new Promise((resolve) => this.writes.push(resolve));
  }

  /** What was begun is written, and what follows from it. */
  async written(): Promise<void> {
    for (let rounds = 0; rounds < 3; rounds++) {
      for (const go of this.writes.splice(0)) go();
      await this.room.clock.advance(50);
    }
  }

  async interval(): Promise<void> {
    await this.written();
    for (const agent of this.agents) {
      await agent.read();
      await agent.beat();
      await agent.read();
    }
    await this.room.clock.advance(INTERVAL);
  }

  async kill(): Promise<void> {
    const { store } = this.room;
    const wasAway = store.failure;
    store.failure = new Error('dead');
    await this.end();
    store.failure = undefined;
    this.room = this.makeRoom(this.room);
    this.room.dispatcher.jobs.resume(store.unfinished());
    await this.room.clock.advance(0);
    for (const agent of this.agents) agent.reconnect(this.room);
    store.failure = wasAway;
    this.slow();
  }

  async act(what: Action): Promise<void> {
    const { room } = this;
    const agent = 'node' in what ? this.agents[NAMES.indexOf(what.node)] : undefined;
    switch (what.kind) {
      case 'interval':
        await this.interval();
        break;
      case 'read':
        await agent?.read();
        break;
      case 'beat':
        await agent?.beat();
        break;
      case 'end':
        await agent?.end(what.outcome);
        break;
      case 'write':
        await this.written();
        break;
      case 'kill server':
        await this.kill();
        break;
      case 'reconnect':
        await room.clock.advance(1);
        agent?.reconnect(room);
        break;
      case 'kill agent':
        agent?.restart();
        break;
      case 'database':
        room.store.failure = what.away ? new Error('away') : undefined;
        break;
      case 'stop':
        room.dispatcher.jobs.stop(this.jobId, what.nodes ?? undefined).catch((error: unknown) => {
          assert.match(String(error), /could not be saved|did not answer/);
        });
        break;
    }
  }

  /** All is well from now on, for so long at most; `ends`: what runs ends by itself. */
  async settle(ms: number, { ends }: { ends: boolean }): Promise<void> {
    this.room.store.failure = undefined;
    for (let rest = ms; rest > 0 && !this.isOver(); rest -= INTERVAL) {
      await this.interval();
      if (ends) for (const agent of this.agents) await agent.end('succeeded');
    }
    await this.written();
  }

  async end(): Promise<void> {
    this.room.store.gate = undefined;
    for (const go of this.writes.splice(0)) go();
    await this.room.dispatcher.stop();
  }

  status(): JobStatus {
    return this.room.store.statusOf(this.jobId) as JobStatus;
  }

  nodes(): Record<string, NodeStatus> {
    return this.room.store.nodesOf(this.jobId) as Record<string, NodeStatus>;
  }

  isOver(): boolean {
    return isFinished(this.status());
  }
}

async function hold(
  actions: fc.Arbitrary<Action[]>,
  keeps: boolean,
  check: (world: World) => Promise<void>,
): Promise<void> {
  const quorum = fc.integer({ min: 0, max: NAMES.length });
  const property = fc.asyncProperty(quorum, actions, async (needed, what) => {
    const world = new World(keeps);
    try {
      await world.begin(needed);
      for (const action of what) await world.act(action);
      await check(world);
      checkEvents(world);
    } finally {
      await world.end();
    }
  });
  await fc.assert(property, { numRuns: RUNS });
}

/** Nothing is said twice, also not by another life of the server. */
function checkEvents({ room, agents }: World): void {
  const events = room.store.batches.flatMap((batch) => batch.events);
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_event, index) => index + 1),
  );
  const told = events.map(({ event }) => JSON.stringify(event));
  const having = (...parts: string[]): string[] =>
    told.filter((text) => parts.every((part) => text.includes(`"${part}"`)));
  assert.ok(told[0]?.includes('"start"'));
  assert.equal(having('job_complete').length, 1);
  assert.ok(having('quorum_succeeded').length <= 1);
  for (const { name } of agents) {
    const votes = having('quorum_vote', name, 'success');
    for (const once of [votes, having('run_start', name), having('run_complete', name)]) {
      assert.ok(once.length <= 1, once.join());
    }
  }
}

describe('a job, wherever the server is killed (Decision 3)', function () {
  // Milliseconds, for the time of a counterexample: finding the smallest takes long.
  this.timeout(60_000);

  it('goes on to its end with every result, when its agents keep them (Decision 5)', async () => {
    await hold(restartsAlone, true, async (world) => {
      await world.settle(SETTINGS.votingTimeout / 2, { ends: true });
      assert.equal(world.status(), 'complete');
      for (const { name, runs, ends } of world.agents) {
        assert.equal(runs.get(world.jobId), 1, name);
        assert.equal(world.nodes()[name], ends.get(world.jobId), name);
      }
    });
  });

  it('ends, with all its nodes settled, and starts no node twice, whatever else happens', async () => {
    await hold(anything, false, async (world) => {
      const longest = 2 * SETTINGS.votingTimeout + RUN_TIMEOUT * 1000 + 40_000;
      await world.settle(longest, { ends: false });
      assert.ok(world.isOver(), world.status());
      for (const { name, runs: all } of world.agents) {
        const runs = all.get(world.jobId) ?? 0;
        const status = world.nodes()[name]!;
        assert.ok(runs <= 1, `${name} was started ${runs} times`);
        assert.ok(isSettled(status), `${name} is ${status}`);
        if (status === 'succeeded') assert.equal(runs, 1, name);
      }
    });
  });
});
