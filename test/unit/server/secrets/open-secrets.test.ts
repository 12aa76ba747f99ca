import assert from 'node:assert/strict';
import { createHash, createPublicKey, hkdfSync } from 'node:crypto';
import { chmod, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { open, seal } from '@pushy/protocol';
import { curveKeyPair, Dealer, Router } from 'zeromq';
import {
  openSecrets,
  type SealedRows,
  type Secrets,
} from '../../../../server/src/secrets/open-secrets.ts';
import { makeTempDir } from '../../../helpers/temp-dir.ts';

describe('openSecrets', () => {
  let dir: string;
  let removeDir: () => Promise<void>;
  const opened: Secrets[] = [];
  const openIn = async (path = dir): Promise<Secrets> => {
    const secrets = await openSecrets(path);
    opened.push(secrets);
    return secrets;
  };
  beforeEach(async () => {
    [dir, removeDir] = await makeTempDir();
  });
  afterEach(async () => {
    for (const secrets of opened.splice(0)) secrets.close();
    await removeDir();
  });

  it('makes them once, in a private file of a private directory, and nothing else', async () => {
    const home = join(dir, 'a', 'b');
    assert.equal((await openIn(home)).created, true);
    assert.equal((await openIn(home)).created, false);
    assert.deepEqual(await readdir(home), ['secrets']);
    assert.equal((await stat(home)).mode & 0o777, 0o700);
    assert.equal((await stat(join(home, 'secrets'))).mode & 0o777, 0o600);
  });

  it('a restarted server is the same server to its nodes', async () => {
    const [one, two] = [await openIn(), await openIn()];
    const same = (s: Secrets): unknown[] => [
      s.incarnationId,
      s.rsa.publicPem,
      s.curve,
      s.epoch,
      s.sessionKey('acme', 'web1', 0),
    ];
    assert.deepEqual(same(one), same(two));
    assert.match(one.incarnationId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
  });

  it('two servers have nothing in common', async () => {
    const [one, two] = [await openIn(join(dir, '1')), await openIn(join(dir, '2'))];
    assert.notEqual(one.incarnationId, two.incarnationId);
    assert.notEqual(one.rsa.publicPem, two.rsa.publicPem);
    assert.notEqual(one.curve.secretKey, two.curve.secretKey);
    assert.notDeepEqual(one.sessionKey('acme', 'web1', 0), two.sessionKey('acme', 'web1', 0));
  });

  it('two that start at the same moment agree', async () => {
    const all = await Promise.all([openIn(), openIn(), openIn()]);
    assert.equal(new Set(all.map((s) => s.incarnationId)).size, 1);
    assert.deepEqual(await readdir(dir), ['secrets']);
  });

  it('REFERENCE 15.2 has an RSA pair of 2048 bits that signs the broadcast', async () => {
    const { rsa } = await openIn();
    const publicKey = createPublicKey(rsa.publicPem);
    assert.match(rsa.publicPem, /^-----BEGIN PUBLIC KEY-----/);
    assert.equal(publicKey.asymmetricKeyDetails?.modulusLength, 2048);
    const body = { timestamp: 'Tue, 04 Sep 2012 23:01:02 GMT' };
    const frames = seal(body, { rsa2048_sha1: rsa.privateKey });
    const now = Date.UTC(2012, 8, 4, 23, 1, 2);
    assert.deepEqual(open(frames, { rsa2048_sha1: publicKey }, now), { ok: true, value: body });
  });

  it('REFERENCE 15.7 has a CURVE pair that ZeroMQ accepts', async () => {
    const { curve } = await openIn();
    const router = new Router({
      linger: 0,
      curveServer: true,
      curvePublicKey: curve.publicKey,
      curveSecretKey: curve.secretKey,
    });
    await router.bind('tcp://127.0.0.1:0');
    const own = curveKeyPair();
    const dealer = new Dealer({
      linger: 0,
      curveServerKey: curve.publicKey,
      curvePublicKey: own.publicKey,
      curveSecretKey: own.secretKey,
    });
    dealer.connect(router.lastEndpoint ?? '');
    await dealer.send('hello');
    assert.equal((await router.receive())[1]?.toString(), 'hello');
    dealer.close();
    router.close();
  });

  it('REFERENCE 15.3 derives 32 bytes for each node of each organization by HKDF-SHA256', async () => {
    const { sessionKey } = await openIn();
    const text = await readFile(join(dir, 'secrets'), 'latin1');
    const master = Buffer.from(/^master (.*)$/m.exec(text)?.[1] ?? '', 'hex');
    const info = Buffer.concat([
      Buffer.from('pushy session key'),
      Buffer.from([0, 0, 0, 1]),
      Buffer.from([0, 0, 0, 4]),
      Buffer.from('acme'),
      Buffer.from([0, 0, 0, 5]),
      Buffer.from('wéb'),
      Buffer.from('!'),
    ]);
    const expected = Buffer.from(hkdfSync('sha256', master, '', info, 32));
    assert.deepEqual(sessionKey('acme', 'wéb!', 0), expected);
    assert.deepEqual(sessionKey('acme', 'wéb!', 0), expected);
  });

  it('REFERENCE 15.3 gives no two nodes the same key, whatever their names', async () => {
    const { sessionKey } = await openIn();
    const pairs = [
      ['acme', 'web'],
      ['acmew', 'eb'],
      ['', 'acmeweb'],
      ['acmeweb', ''],
      ['acme', 'web\0'],
      ['acme\0', 'web'],
      ['1', '/1'],
      ['1/1', ''],
    ] as const;
    const keys = pairs.map(([org, node]) => sessionKey(org, node, 0).toString('hex'));
    assert.equal(new Set(keys).size, pairs.length);
    // The name of one must not be the generation of another.
    assert.ok(!keys.includes(sessionKey('acme', 'web', 1).toString('hex')));
  });

  it('compares bytes', async () => {
    const { equal } = await openIn();
    assert.equal(equal(Buffer.from('abc'), Buffer.from('abc')), true);
    assert.equal(equal(Buffer.from('abc'), Buffer.from('abd')), false);
    assert.equal(equal(Buffer.from('abc'), Buffer.from('abcd')), false);
    assert.equal(equal(Buffer.alloc(0), Buffer.alloc(0)), true);
  });

  it('forgets the master when it is closed', async () => {
    const secrets = await openIn();
    const known = secrets.sessionKey('acme', 'web1', 0);
    secrets.close();
    assert.deepEqual(secrets.sessionKey('acme', 'web1', 0), known);
    assert.throws(() => secrets.sessionKey('acme', 'web2', 0), /closed/);
  });

  describe('sealing', () => {
    /** The file as the version before sealing keys wrote it. */
    async function oldFile(): Promise<string> {
      (await openIn()).close();
      const path = join(dir, 'secrets');
      const text = await readFile(path, 'latin1');
      const lines = text
        .replace('pushy-secrets 2', 'pushy-secrets 1')
        .replace(/^(?:sealing|digest) .*\n/gm, '');
      const digest = createHash('sha256').update(lines).digest('hex');
      await writeFile(path, `${lines}digest ${digest}\n`);
      return path;
    }
    const rows = (...missing: number[]): SealedRows => ({
      missing: (present) => Promise.resolve(missing.filter((id) => !present.includes(id))),
    });
    const message = /sealed with key 5, which .*secrets does not have.*Restore the file/;

    it('Decision 11 opens what it sealed, after a restart as well', async () => {
      const plain = [Buffer.alloc(0), Buffer.from('x\0ö'), Buffer.alloc(1_000_000, 7)];
      const { sealer } = await openIn();
      const sealed = plain.map((bytes) => sealer.seal(bytes));
      const again = (await openIn()).sealer;
      for (const by of [sealer, again]) {
        const opened = sealed.map(({ keyId, bytes }) => by.open(keyId, bytes));
        assert.deepEqual(opened, plain);
      }
      assert.equal(again.keyId, sealer.keyId);
      assert.notDeepEqual(sealer.seal(Buffer.from('x')).bytes, sealer.seal(Buffer.from('x')).bytes);
    });

    it('Decision 11 upgrades a file without a sealing key once, and keeps everything else', async () => {
      const path = await oldFile();
      const before = await readFile(path, 'latin1');
      const one = await openIn();
      const after = await readFile(path, 'latin1');
      assert.equal(one.created, false);
      const kept = (text: string): string =>
        text.replace(/^(?:pushy-secrets|sealing|digest) .*\n/gm, '');
      assert.equal(kept(after), kept(before));
      assert.match(after, /^pushy-secrets 2\n/);
      assert.equal(after.match(/^sealing \d+ [0-9a-f]{64}$/gm)?.length, 1);
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      assert.equal((await openIn()).sealer.keyId, one.sealer.keyId);
      assert.equal(await readFile(path, 'latin1'), after);
      assert.deepEqual(await readdir(dir), ['secrets']);
    });

    it('Decision 11 makes no secrets where rows are sealed with lost ones', async () => {
      await assert.rejects(openSecrets(dir, rows(5)), { code: 'missing_key', message });
      assert.deepEqual(await readdir(dir), []);
    });

    it('Decision 11 refuses secrets that lack the key of a row, and leaves them alone', async () => {
      const path = await oldFile();
      const before = await readFile(path);
      await assert.rejects(openSecrets(dir, rows(5)), { code: 'missing_key', message });
      assert.deepEqual(await readFile(path), before);
      const { sealer } = await openIn();
      await assert.rejects(openSecrets(dir, rows(sealer.keyId, 5)), { message });
      (await openSecrets(dir, rows(sealer.keyId))).close();
    });

    it('Decision 11 seals with a new key after a rotation, and opens what the old one sealed', async () => {
      const secrets = await openIn();
      const { sealer, rotate, incarnationId, epoch } = secrets;
      const before = sealer.seal(Buffer.from('before'));
      const announced: number[] = [];
      const announce = (id: number): Promise<void> => {
        assert.notEqual(sealer.keyId, id);
        announced.push(id);
        return Promise.resolve();
      };
      const made = await Promise.all([rotate.sealingKey(announce), rotate.sealingKey(announce)]);
      assert.deepEqual(made, announced);
      assert.equal(new Set([before.keyId, ...made]).size, 3);
      const after = sealer.seal(Buffer.from('after'));
      assert.equal(after.keyId, made[1]);
      for (const by of [sealer, (await openIn()).sealer]) {
        assert.equal(by.open(before.keyId, before.bytes).toString(), 'before');
        assert.equal(by.open(after.keyId, after.bytes).toString(), 'after');
        assert.equal(by.keyId, made[1]);
      }
      assert.deepEqual([secrets.incarnationId, secrets.epoch], [incarnationId, epoch]);
    });

    it('Decision 11 stays with the old key where a new one cannot be announced', async () => {
      const { sealer, rotate } = await openIn();
      const { keyId } = sealer;
      const away = (): Promise<void> => Promise.reject(new Error('away'));
      await assert.rejects(rotate.sealingKey(away), /away/);
      assert.equal(sealer.keyId, keyId);
      assert.equal((await openIn()).sealer.keyId, keyId);
      await rotate.sealingKey(() => Promise.resolve());
      assert.notEqual(sealer.keyId, keyId);
    });

    it('Decision 11 gives all nodes new session keys and a new incarnation, at once and for good', async () => {
      const secrets = await openIn();
      const { sessionKey, rsa, curve, sealer, incarnationId } = secrets;
      const old = sessionKey('acme', 'web1', 0);
      const { keyId } = sealer;
      const rotated = await secrets.rotate.sessionKeys();
      assert.equal(rotated.epoch, 2);
      assert.notEqual(rotated.incarnationId, incarnationId);
      assert.notDeepEqual(sessionKey('acme', 'web1', 0), old);
      for (const now of [secrets, await openIn()]) {
        assert.deepEqual(now.sessionKey('acme', 'web1', 0), sessionKey('acme', 'web1', 0));
        assert.deepEqual([now.epoch, now.incarnationId], [2, rotated.incarnationId]);
        assert.deepEqual([now.curve, now.rsa.publicPem], [curve, rsa.publicPem]);
        assert.equal(now.sealer.keyId, keyId);
      }
    });

    it('an operator can force a new incarnation alone', async () => {
      const secrets = await openIn();
      const { incarnationId: old } = secrets;
      const key = secrets.sessionKey('acme', 'web1', 0);
      const { incarnationId } = await secrets.rotate.incarnation();
      assert.notEqual(incarnationId, old);
      assert.deepEqual(secrets.sessionKey('acme', 'web1', 0), key);
      assert.equal((await openIn()).incarnationId, incarnationId);
      assert.deepEqual(await readdir(dir), ['secrets']);
    });

    it('refuses a rotation of a file that was damaged meanwhile, and goes on', async () => {
      const secrets = await openIn();
      const { incarnationId } = secrets;
      await writeFile(join(dir, 'secrets'), 'nonsense', { mode: 0o600 });
      await assert.rejects(secrets.rotate.incarnation(), { code: 'damaged' });
      assert.equal(secrets.incarnationId, incarnationId);
      assert.equal(await readFile(join(dir, 'secrets'), 'latin1'), 'nonsense');
    });

    it('forgets the sealing keys when it is closed', async () => {
      const secrets = await openIn();
      const { keyId, bytes } = secrets.sealer.seal(Buffer.from('x'));
      secrets.close();
      assert.throws(() => secrets.sealer.open(keyId, bytes), /closed/);
      assert.throws(() => secrets.sealer.seal(bytes), /closed/);
    });
  });

  for (const mode of [0o640, 0o604, 0o620, 0o666]) {
    it(`refuses a file that others may use (mode ${mode.toString(8)})`, async () => {
      await openIn();
      await chmod(join(dir, 'secrets'), mode);
      const message = new RegExp(`secrets holds .*mode ${mode.toString(8)}.*chmod 600`);
      await assert.rejects(openIn(), { code: 'exposed', message });
    });
  }

  it('refuses a damaged file and never replaces it', async () => {
    const path = join(dir, 'secrets');
    await openIn();
    const whole = await readFile(path);
    const damages: [string, Buffer][] = [
      ['empty', Buffer.alloc(0)],
      ['cut', whole.subarray(0, whole.length - 1)],
      ['cut to a line', whole.subarray(0, whole.indexOf('master'))],
      ['longer', Buffer.concat([whole, Buffer.from('\n')])],
      ['nonsense', Buffer.from('nonsense\n')],
      ['huge', Buffer.alloc(100_000, 'x')],
    ];
    for (let i = 0; i < whole.length; i += 97) {
      const changed = Buffer.from(whole);
      changed[i] = (changed[i] ?? 0) ^ 1;
      damages.push([`changed at ${i}`, changed]);
    }
    for (const [what, bytes] of damages) {
      await writeFile(path, bytes);
      const refused = { code: 'damaged', message: /secrets is damaged.*restore it from a backup/ };
      await assert.rejects(openIn(), refused, what);
      assert.deepEqual(await readFile(path), bytes);
    }
    await writeFile(path, whole);
    assert.equal((await openIn()).created, false);
    await truncate(path, 0);
  });

  it('says which path cannot be used', async () => {
    await writeFile(join(dir, 'file'), '');
    const message = /file.*secrets.*ENOTDIR/;
    await assert.rejects(openIn(join(dir, 'file')), { code: 'unreadable', message });
  });
});
