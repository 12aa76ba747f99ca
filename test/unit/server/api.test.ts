import assert from 'node:assert/strict';
import { readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unpack, type Job } from '@pushy/protocol';
import { Context, Subscriber } from 'zeromq';
import { makeDoor, type Door } from '../../../server/src/ctl/door.ts';
import { makeServer, systemClock, type Config } from '@pushy/server';
import { send, sendSigned, type HttpAnswer } from '../../helpers/http.ts';
import { newKeyPair, type KeyPair } from '../../helpers/keys.ts';
import { quietLog } from '../../helpers/logs.ts';
import { startCluster } from '../../helpers/postgres.ts';
import { startServer, testConfig, type TestServer } from '../../helpers/server.ts';
import { makeTempDir } from '../../helpers/temp-dir.ts';
import { startWireAgent, type WireAgent } from '../../helpers/wire-agent.ts';

const ORG = '/organizations/acme/pushy';

/** Listens to the broadcast, as agents do. */
function makeIncarnations(port: number): {
  next(): Promise<string>;
  nextAfter(old: string): Promise<string>;
  close(): void;
} {
  const socket = new Subscriber({ context: new Context({ blocky: false }), linger: 0 });
  socket.connect(`tcp://127.0.0.1:${port}`);
  socket.subscribe();
  const next = async (): Promise<string> => {
    const frames = unpack(await socket.receive(), 10_000);
    assert.ok(frames.ok);
    return String(frames.value.body['incarnation_id']);
  };
  return {
    next,
    async nextAfter(old) {
      for (;;) {
        const id = await next();
        if (id !== old) return id;
      }
    },
    close: () => {
      socket.close();
    },
  };
}

for (const engine of ['PGlite', 'PostgreSQL'] as const) {
  describe(`a whole server, standalone [${engine}]`, function () {
    this.timeout(60_000);
    const ends: (() => Promise<unknown>)[] = [];
    const keys: Record<'alice' | 'carol' | 'web1', KeyPair> = {
      alice: newKeyPair(),
      carol: newKeyPair(),
      web1: newKeyPair(),
    };
    let config: Config;
    let server: TestServer;
    let door: Door;
    let crash: () => Promise<void>;

    const ask = (
      who: keyof typeof keys,
      path: string,
      method = 'GET',
      body?: string,
    ): Promise<HttpAnswer> =>
      sendSigned(
        { userId: who, key: keys[who].privateKey },
        {
          port: server.apiPort,
          method,
          path,
          headers: { 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body }),
        },
      );
    /** Polls a job, as clients do, until it has ended. */
    const ended = async (uri: string): Promise<Job> => {
      for (;;) {
        const answer = await ask('alice', new URL(uri).pathname);
        assert.equal(answer.status, 200, answer.body);
        const job = JSON.parse(answer.body) as Job;
        if (!['new', 'voting', 'running'].includes(job.status)) return job;
      }
    };
    const start = async (job: object): Promise<string> => {
      const answer = await ask('alice', `${ORG}/jobs`, 'POST', JSON.stringify(job));
      assert.equal(answer.status, 201, answer.body);
      return (JSON.parse(answer.body) as { uri: string }).uri;
    };
    /** One more message of an agent than before is refused for its signature. */
    const refuses = async (old: WireAgent): Promise<void> => {
      const refusals = async (): Promise<string | undefined> => {
        const { body } = await send({ port: server.metricsPort ?? 0, path: '/metrics' });
        return /^pushy_messages_refused_total\{reason="bad_signature"\} (.*)$/m.exec(body)?.[1];
      };
      const before = await refusals();
      do await old.beat();
      while ((await refusals()) === before);
    };
    const agent = async (output: string): Promise<WireAgent> => {
      const { privateKey } = keys.web1;
      const made = await startWireAgent({
        port: server.apiPort,
        org: 'acme',
        node: 'web1',
        key: privateKey,
        output,
      });
      ends.push(() => made.close());
      await made.heartbeat();
      return made;
    };

    before(async () => {
      const [dir, remove] = await makeTempDir();
      ends.push(remove);
      const cluster = engine === 'PostgreSQL' ? await startCluster() : undefined;
      if (cluster !== undefined) {
        ends.push(() => cluster.stop());
        crash = () => cluster.crash();
      }
      config = await testConfig(dir, {
        // The nodes of this file beat when they are told to: none may be silent because the machine is busy.
        PUSHY_HEARTBEAT_INTERVAL: '1000',
        ...(cluster && { PUSHY_DATABASE_URL: cluster.url('postgres') }),
      });
      door = makeDoor(config, quietLog);
      // Before the first start: the commands open the database themselves.
      await door({ do: 'org-add', org: 'acme' });
      const add = (name: keyof typeof keys, type: 'user' | 'client', admin: boolean) =>
        door({
          do: 'principal-add',
          org: 'acme',
          name,
          type,
          publicKey: keys[name].publicKey,
          admin,
        });
      await add('alice', 'user', true);
      server = await startServer(config);
      ends.push(() => server.stop());
      // While it runs: they go through its control socket.
      await add('carol', 'user', false);
      await add('web1', 'client', false);
    });
    after(async () => {
      for (const end of ends.splice(0).reverse()) await end();
    });

    it('keeps its secrets and its control socket to itself', async () => {
      for (const name of ['control.sock', 'secrets']) {
        assert.equal((await stat(join(config.dir, name))).mode & 0o777, 0o600, name);
      }
      assert.equal((await stat(config.dir)).mode & 0o777, 0o700);
    });

    it('runs a job on a node, over real sockets with CURVE, and shows its output', async () => {
      await agent('hello\n');
      const uri = await start({
        command: 'say',
        nodes: ['web1', 'none'],
        quorum: 1,
        capture_output: true,
        env: { A: '1' },
      });
      const job = await ended(uri);
      assert.deepEqual(job.nodes, { succeeded: ['web1'], unavailable: ['none'] });
      assert.equal(job.status, 'complete');
      assert.deepEqual(job.env, { A: '1' });
      const out = await ask('carol', `${ORG}/jobs/${job.id}/output/web1/stdout`);
      assert.deepEqual([out.status, out.body], [200, 'hello\n']);
      const err = await ask('carol', `${ORG}/jobs/${job.id}/output/web1/stderr`);
      assert.deepEqual([err.status, err.body], [200, '']);
      assert.equal((await ask('carol', `${ORG}/jobs/${job.id}/output/none/stdout`)).status, 404);
      const list = await ask('web1', `${ORG}/node_states`);
      assert.equal(list.body, '[{"node_name":"web1","availability":"available"}]');
      const status = JSON.parse((await ask('web1', '/pushy/_status')).body) as object;
      assert.deepEqual(
        { ...status, incarnation_id: '' },
        { status: "it's alive", incarnation_id: '', node_fsm_count: 1, job_processes: [job.id] },
      );
    });

    it('ends a job that no node takes, and lists all jobs, the newest first', async () => {
      const job = await ended(await start({ command: 'x', nodes: ['none'] }));
      assert.equal(job.status, 'quorum_failed');
      const list = JSON.parse((await ask('carol', `${ORG}/jobs`)).body) as { id: string }[];
      assert.equal(list[0]?.id, job.id);
      assert.equal('nodes' in list[0], false);
    });

    it('lets admins start jobs, and writers alone as soon as there is such a group', async () => {
      const body = '{"command":"x","nodes":["none"]}';
      const post = async (who: 'alice' | 'carol'): Promise<number> =>
        (await ask(who, `${ORG}/jobs`, 'POST', body)).status;
      assert.deepEqual([await post('alice'), await post('carol')], [201, 403]);
      await door({ do: 'group-add', org: 'acme', group: 'pushy_job_writers' });
      await door({ do: 'member-add', org: 'acme', group: 'pushy_job_writers', name: 'carol' });
      assert.deepEqual([await post('alice'), await post('carol')], [403, 201]);
      await door({ do: 'member-add', org: 'acme', group: 'pushy_job_writers', name: 'admins' });
      assert.deepEqual([await post('alice'), await post('carol')], [201, 201]);
    });

    it('S2 shows another organization nothing of it', async () => {
      const job = await ended(await start({ command: 'x', nodes: ['none'] }));
      await door({ do: 'org-add', org: 'other' });
      const { publicKey } = keys.alice;
      await door({
        do: 'principal-add',
        org: 'other',
        name: 'alice',
        type: 'user',
        publicKey,
        admin: true,
      });
      const other = '/organizations/other/pushy';
      assert.equal((await ask('alice', `${other}/jobs/${job.id}`)).status, 404);
      assert.equal((await ask('alice', `${other}/jobs`)).body, '[]');
      assert.equal((await ask('alice', `${other}/node_states`)).body, '[]');
    });

    it('refuses a second server with the same data', async () => {
      const second = makeServer(config, {
        clock: systemClock,
        log: quietLog,
        random: { bytes: (count) => Buffer.alloc(count), fraction: () => 0 },
      });
      await assert.rejects(second.start(), /another server runs with this data directory/);
      assert.equal((await ask('alice', '/pushy/_status')).status, 200);
    });

    it('is the same server to everybody after a restart, jobs and keys included', async () => {
      const job = await ended(await start({ command: 'x', nodes: ['none'], file: 'raw:f' }));
      const secrets = await readFile(join(config.dir, 'secrets'));
      const { incarnationId } = server;
      await server.stop();
      server = await startServer(config);
      assert.equal(server.incarnationId, incarnationId);
      assert.deepEqual(await readFile(join(config.dir, 'secrets')), secrets);
      const again = await ask('alice', `${ORG}/jobs/${job.id}?include_file=true`);
      const { file_specified, ...rest } = job;
      assert.equal(file_specified, true);
      assert.deepEqual(JSON.parse(again.body), { ...rest, file: 'raw:f' });
      await agent('again');
      const next = await ended(await start({ command: 'x', nodes: ['web1'] }));
      assert.equal(next.status, 'complete');
    });

    it('Decision 11 works with new keys and a new incarnation at once, and after a restart', async () => {
      const old = await agent('x');
      const job = await ended(
        await start({ command: 'x', nodes: ['web1'], env: { A: 'b' }, capture_output: true }),
      );
      const stdout = `${ORG}/jobs/${job.id}/output/web1/stdout`;
      // Of this agent or of one of the tests before: they bear the same name.
      const { body: captured, status: found } = await ask('alice', stdout);
      assert.equal(found, 200);
      const incarnations = makeIncarnations(server.serverHeartbeatPort);
      try {
        const first = await incarnations.next();
        assert.equal(first, server.incarnationId);
        assert.match(await door({ do: 'sealing-key-rotate' }), /sealed with key \d+;/);
        assert.match(await door({ do: 'session-keys-rotate' }), /epoch 2:/);
        const second = await incarnations.nextAfter(first);
        assert.match(await door({ do: 'incarnation-renew' }), new RegExp('incarnation is .*:'));
        const third = await incarnations.nextAfter(second);
        const status = await ask('alice', '/pushy/_status');
        assert.ok(status.body.includes(third));
      } finally {
        incarnations.close();
      }
      await refuses(old);
      const shown = async (): Promise<void> => {
        assert.deepEqual(JSON.parse((await ask('alice', `${ORG}/jobs/${job.id}`)).body), job);
        assert.equal((await ask('alice', stdout)).body, captured);
        await agent('y');
        const next = await ended(await start({ command: 'x', nodes: ['web1'], env: { C: 'd' } }));
        assert.equal(next.status, 'complete');
      };
      await shown();
      await server.stop();
      // A server that stands still: the commands change the file.
      assert.match(await door({ do: 'sealing-key-rotate' }), /sealed with key \d+;/);
      assert.match(await door({ do: 'session-keys-rotate' }), /epoch 3:/);
      server = await startServer(config);
      await shown();
    });

    it('Decision 11 does not start without the key of a sealed value', async () => {
      await server.stop();
      const path = join(config.dir, 'secrets');
      await rename(path, `${path}.away`);
      await assert.rejects(startServer(config), {
        code: 'missing_key',
        message: /sealed with keys? [\d, ]+, which .*secrets does not have.*Restore the file/,
      });
      await assert.rejects(stat(path), { code: 'ENOENT' });
      await rename(`${path}.away`, path);
      server = await startServer(config);
    });

    it('Decision 12 knows a node no more at once when it is removed, whatever it still sends', async () => {
      const web1 = await agent('x');
      await door({ do: 'principal-remove', org: 'acme', name: 'web1', type: 'client' });
      const gone = '{"node_name":"web1","status":"offline","availability":"unavailable"}';
      const status = async (): Promise<string> =>
        (await ask('alice', `${ORG}/node_states/web1`)).body;
      assert.equal(await status(), gone);
      await refuses(web1);
      assert.equal(await status(), gone);
      const [type, { publicKey }] = ['client', keys.web1] as const;
      await door({ do: 'principal-add', org: 'acme', name: 'web1', type, publicKey, admin: false });
      await agent('y');
      assert.equal(
        (await ended(await start({ command: 'x', nodes: ['web1'] }))).status,
        'complete',
      );
    });

    it('Decision 12 takes nothing from the process of a node that was removed, when another has its name', async () => {
      const again = async (): Promise<void> => {
        keys.web1 = newKeyPair();
        const [name, type, { publicKey }] = ['web1', 'client', keys.web1] as const;
        await door({ do: 'principal-remove', org: 'acme', name, type });
        await door({ do: 'principal-add', org: 'acme', name, type, publicKey, admin: false });
      };
      /** Whatever `old` says, jobs go to the new process. */
      const goesTo = async (output: string, old: WireAgent): Promise<void> => {
        await refuses(old);
        const env = { TOKEN: 'for the new one alone' };
        const job = await ended(
          await start({ command: 'x', nodes: ['web1'], capture_output: true, env }),
        );
        const { body } = await ask('alice', `${ORG}/jobs/${job.id}/output/web1/stdout`);
        assert.deepEqual([job.status, body], ['complete', output]);
      };
      const withOldKey = async ({ sessionKey }: WireAgent): Promise<WireAgent> => {
        const { privateKey: key } = keys.web1;
        const { apiPort: port } = server;
        const about = { port, org: 'acme', node: 'web1', key, output: 'stolen', sessionKey };
        const made = await startWireAgent(about);
        ends.push(() => made.close());
        return made;
      };
      const first = await agent('first');
      await again();
      // Over the connection that it has.
      const second = await agent('second');
      assert.notDeepEqual(second.sessionKey, first.sessionKey);
      await goesTo('second', first);
      await server.stop();
      server = await startServer(config);
      const secondAgain = await agent('second again');
      assert.deepEqual(secondAgain.sessionKey, second.sessionKey);
      await goesTo('second again', await withOldKey(first));
      // Removed while no server runs.
      await server.stop();
      await again();
      server = await startServer(config);
      await agent('third');
      await goesTo('third', await withOldKey(first));
      await goesTo('third', await withOldKey(secondAgain));
    });

    it('logs neither keys nor the env of jobs', () => {
      const said = JSON.stringify(server.lines);
      assert.ok(!said.includes('PRIVATE KEY'));
      assert.deepEqual(
        server.lines.filter(({ level }) => level === 'error'),
        [],
      );
    });

    if (engine === 'PostgreSQL') {
      it('Decision 2 says 503 while the database is away, still lives, and ends well', async () => {
        await crash();
        const job = '{"command":"x","nodes":["none"]}';
        for (const [method, body] of [
          ['GET', ''],
          ['POST', job],
        ] as const) {
          const answer = await ask('alice', `${ORG}/jobs`, method, body);
          assert.equal(
            answer.body,
            '{"error":["The database is not available. Try again later."]}',
          );
          assert.equal(answer.status, 503);
        }
        assert.equal((await ask('alice', '/pushy/_status')).status, 200);
        await server.stop();
      });
    }
  });
}
