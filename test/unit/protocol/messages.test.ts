import { strict as assert } from 'node:assert';
import {
  jobIdOf,
  MAX_JOB_ID_LENGTH,
  readAgentMessage,
  readBroadcast,
  readServerMessage,
} from '@pushy/protocol';

type Body = Record<string, unknown>;
type Reader = (body: unknown) => object | undefined;

const JOB = '25657265660000000000000000000001';
const timestamp = 'Fri, 02 Jan 2026 03:04:05 GMT';
const fromServer = { sequence: 1, timestamp };
const fromAgent = {
  node: 'web1.example.com',
  client: 'web1',
  protocol_version: '2.0',
  org: 'acme',
  sequence: 1,
  timestamp,
  incarnation_id: '1b0d5c5e-0f6c-4f6b-8a53-0d7b3f3c6c11',
};

interface Shape {
  title: string;
  read: Reader;
  body: Body;
  /** Members without which the message is not one. */
  required: string[];
  /** Wrong values, by member. */
  wrong: Record<string, unknown[]>;
}

const text = [null, 1, true, [], {}];
const optionalText = { client: text, protocol_version: text, incarnation_id: text };
const agentWrong = {
  node: ['', ...text],
  org: ['', ...text],
  timestamp: text,
  sequence: [1.5, '1'],
};
const agentRequired = ['node', 'org', 'type', 'timestamp'];
const serverWrong = { sequence: [1.5, '1', null], timestamp: text, type: ['COMMIT', null, 1] };

const shapes: Shape[] = [
  ...(['abort', 'ack'] as const).map((type) => ({
    title: `15.5 ${type}`,
    read: readServerMessage,
    body: { ...fromServer, type },
    required: ['sequence', 'timestamp', 'type'],
    wrong: serverWrong,
  })),
  {
    title: '15.5 commit',
    read: readServerMessage,
    body: {
      ...fromServer,
      type: 'commit',
      job_id: JOB,
      server: 'chef.example.com',
      command: 'chef-client',
      user: 'daemon',
      dir: '/tmp',
      env: { A: 'b' },
      file: 'raw:x',
      capture: true,
    },
    required: ['sequence', 'timestamp', 'type', 'job_id', 'command'],
    wrong: {
      ...serverWrong,
      job_id: text,
      server: text,
      command: text,
      user: text,
      dir: text,
      env: [null, [], 'A=b', { A: 1 }, { A: null }],
      file: text,
      capture: [null, 'true', 1],
    },
  },
  {
    title: '15.5 run',
    read: readServerMessage,
    body: { ...fromServer, type: 'run', job_id: JOB },
    required: ['sequence', 'timestamp', 'type', 'job_id'],
    wrong: { ...serverWrong, job_id: text },
  },
  {
    title: 'Decision 5 result_ack',
    read: readServerMessage,
    body: { ...fromServer, type: 'result_ack', job_id: JOB },
    required: ['sequence', 'timestamp', 'type', 'job_id'],
    wrong: { ...serverWrong, job_id: text },
  },
  {
    title: '15.5 heartbeat',
    read: readBroadcast,
    body: { ...fromServer, server: 'chef.example.com', type: 'heartbeat', incarnation_id: 'x' },
    required: ['sequence', 'timestamp', 'server', 'type', 'incarnation_id'],
    wrong: { ...serverWrong, server: text, incarnation_id: text },
  },
  {
    title: '15.6 heartbeat',
    read: readAgentMessage,
    body: { ...fromAgent, type: 'heartbeat', job_state: 'idle', job_id: null },
    required: agentRequired,
    wrong: { ...agentWrong, ...optionalText, job_state: ['busy', null, 1], job_id: [1, {}, false] },
  },
  ...(['ack_commit', 'nack_commit', 'ack_run', 'nack_run', 'aborted'] as const).map((type) => ({
    title: `15.6 ${type}`,
    read: readAgentMessage,
    body: { ...fromAgent, type, job_id: JOB, reason: 'busy', stdout: 'out', stderr: '' },
    required: agentRequired,
    wrong: {
      ...agentWrong,
      ...optionalText,
      job_id: [1, {}, false],
      reason: text,
      stdout: text,
      stderr: text,
    },
  })),
  ...(['succeeded', 'failed'] as const).map((type) => ({
    title: `15.6 ${type}`,
    read: readAgentMessage,
    body: { ...fromAgent, type, job_id: JOB, stdout: 'out', stderr: '' },
    required: agentRequired,
    wrong: { ...agentWrong, ...optionalText, job_id: [1, {}, false], stdout: text, stderr: text },
  })),
];

function without(body: Body, member: string): Body {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== member));
}

for (const { title, read, body, required, wrong } of shapes) {
  describe(title, () => {
    it('is read', () => {
      assert.deepEqual(read(body), body);
    });

    it('is read with members that nobody knows yet', () => {
      assert.deepEqual(read({ ...body, capabilities: ['x'] }), { ...body, capabilities: ['x'] });
    });

    for (const member of Object.keys(body)) {
      const needed = required.includes(member);
      it(`is ${needed ? 'not ' : ''}read without ${member}`, () => {
        assert.equal(read(without(body, member)) === undefined, needed);
      });
    }

    for (const [member, values] of Object.entries(wrong)) {
      it(`is not read with a wrong ${member}`, () => {
        for (const value of values) {
          assert.equal(read({ ...body, [member]: value }), undefined, JSON.stringify(value));
        }
      });
    }
  });
}

describe('Messages of unknown types', () => {
  const readers: Record<string, Reader> = { readServerMessage, readBroadcast, readAgentMessage };
  const unknown = ['ready', 'down', 'config', '', null, undefined, 7];
  for (const [name, read] of Object.entries(readers)) {
    it(`15.6 are not read by ${name}`, () => {
      for (const type of unknown) {
        const body = { ...fromAgent, server: 's', job_id: JOB, command: 'c', type };
        assert.equal(read(body), undefined, String(type));
      }
    });

    it(`are not read by ${name} when they are no objects`, () => {
      for (const body of [undefined, null, 'heartbeat', 1, [], () => undefined]) {
        assert.equal(read(body), undefined);
      }
    });
  }

  it('of the other direction are not read', () => {
    assert.equal(readAgentMessage({ ...fromServer, type: 'abort' }), undefined);
    assert.equal(readServerMessage({ ...fromAgent, type: 'aborted', job_id: null }), undefined);
    assert.equal(readServerMessage({ ...fromServer, type: 'heartbeat' }), undefined);
  });
});

describe('The job id of an agent message (15.6)', () => {
  it('is the id', () => {
    assert.equal(jobIdOf({ job_id: JOB }), JOB);
    assert.equal(jobIdOf({ job_id: '' }), '');
  });

  it('is null for JSON null and for the text null', () => {
    assert.equal(jobIdOf({ job_id: null }), null);
    assert.equal(jobIdOf({ job_id: 'null' }), null);
  });

  it('is an unknown job where it is missing', () => {
    assert.equal(jobIdOf({}), undefined);
  });

  it('may have 64 characters, and is an unknown job with 65', () => {
    assert.equal(MAX_JOB_ID_LENGTH, 64);
    assert.equal(jobIdOf({ job_id: 'x'.repeat(64) }), 'x'.repeat(64));
    assert.equal(jobIdOf({ job_id: 'x'.repeat(65) }), undefined);
  });
});
