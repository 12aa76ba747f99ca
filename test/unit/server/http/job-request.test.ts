import assert from 'node:assert/strict';
import { readJobRequest } from '../../../../server/src/http/job-request.ts';
import { ORG_ID, startApi, type TestApi } from '../../../helpers/api.ts';

const UNKNOWN = 'an unknown validation error has occurred';
const NO_NODES = 'at least one node must be supplied';
const FILE_FORM = "invalid file contents (expected 'base64:...' or 'raw:...')";
const FILE_BASE64 = "invalid file contents (couldn't decode base64 string)";
const FILE_SIZE = 'invalid file size (must be <= 100000 bytes)';
const MAX = 2_147_483_647;
const timeoutValue = `invalid value supplied for run_timeout (expected a whole number from 0 to ${MAX})`;
const quorumValue = `invalid value supplied for quorum (expected a whole number from 0 to ${MAX})`;

/** A right job with some members changed. */
const job = (change: object): object => ({ command: 'c', nodes: ['n'], ...change });

const refused: readonly (readonly [row: string, body: unknown, error: string])[] = [
  ['H1 no JSON', 'command=c', 'invalid JSON'],
  ['H1 an empty body', '', 'invalid JSON'],
  ['H1 trailing garbage', '{"command":"c","nodes":["n"]} x', 'invalid JSON'],
  ['H1 invalid UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'invalid JSON'],
  [
    'a key given twice',
    '{"command":"a","nodes":["n"],"command":"b"}',
    'invalid JSON (duplicate key)',
  ],
  ['1 an array', [], UNKNOWN],
  ['1 null', null, UNKNOWN],
  ['1 a text', '"x"', UNKNOWN],
  ['1 a number', 1, UNKNOWN],
  ['2 no command', { nodes: ['n'] }, 'invalid command supplied'],
  ['2 command null', job({ command: null }), 'invalid command supplied'],
  ['2 command a number', job({ command: 1 }), 'invalid command supplied'],
  ['3 no nodes', { command: 'c' }, NO_NODES],
  ['3 nodes null', job({ nodes: null }), NO_NODES],
  ['3 nodes a text', job({ nodes: 'n' }), NO_NODES],
  ['3 nodes an object', job({ nodes: {} }), NO_NODES],
  ['3 a node that is no text', job({ nodes: ['n', 1] }), NO_NODES],
  [
    'more nodes than a job may have',
    job({ nodes: Array.from({ length: 50_001 }, (_, i) => `n${i}`) }),
    'too many nodes supplied (50001, and 50000 is the most)',
  ],
  [
    '4 run_timeout a text',
    job({ run_timeout: '1' }),
    'invalid type supplied for run_timeout (expected a number)',
  ],
  [
    '4 run_timeout null',
    job({ run_timeout: null }),
    'invalid type supplied for run_timeout (expected a number)',
  ],
  ['5 quorum a text', job({ quorum: '1' }), 'invalid type supplied for quorum (expected a number)'],
  ['5 quorum null', job({ quorum: null }), 'invalid type supplied for quorum (expected a number)'],
  ['6 user null', job({ user: null }), UNKNOWN],
  ['6 user a number', job({ user: 1 }), UNKNOWN],
  ['7 dir null', job({ dir: null }), UNKNOWN],
  ['7 dir an array', job({ dir: [] }), UNKNOWN],
  ['8 env null', job({ env: null }), UNKNOWN],
  ['8 env an array', job({ env: [] }), UNKNOWN],
  ['8 a value of env that is no text', job({ env: { A: 1 } }), UNKNOWN],
  ['9 file null', job({ file: null }), UNKNOWN],
  ['9 file an object', job({ file: {} }), UNKNOWN],
  [
    '10 capture_output null',
    job({ capture_output: null }),
    'invalid type supplied for capture_output (expected a boolean)',
  ],
  [
    '10 capture_output a text',
    job({ capture_output: 'true' }),
    'invalid type supplied for capture_output (expected a boolean)',
  ],
  ['11 a key that nobody knows', job({ serach: '*:*' }), 'invalid key supplied'],
  ['11 __proto__', '{"command":"c","nodes":["n"],"__proto__":{}}', 'invalid key supplied'],
  ['12 no node at all', job({ nodes: [] }), NO_NODES],
  [
    '13 a repeated key of env',
    '{"command":"c","nodes":["n"],"env":{"A":"1","B":"2","A":"3"}}',
    'invalid environment value (duplicate key)',
  ],
  [
    '13 a repeated key behind an escape',
    '{"command":"c","nodes":["n"],"env":{"A":"1","\\u0041":"3"}}',
    'invalid environment value (duplicate key)',
  ],
  ['14 a file without prefix', job({ file: 'x' }), FILE_FORM],
  ['14 an empty file', job({ file: '' }), FILE_FORM],
  ['14 a prefix in capitals', job({ file: 'RAW:x' }), FILE_FORM],
  ['15 no padding', job({ file: 'base64:YQ' }), FILE_BASE64],
  ['15 another alphabet', job({ file: 'base64:-_-_' }), FILE_BASE64],
  ['15 padding in the middle', job({ file: 'base64:YQ==YQ==' }), FILE_BASE64],
  ['15 padding alone', job({ file: 'base64:====' }), FILE_BASE64],
  ['H2 16 a long raw file', job({ file: `raw:${'x'.repeat(100_001)}` }), FILE_SIZE],
  ['16 a raw file counts bytes', job({ file: `raw:${'é'.repeat(50_001)}` }), FILE_SIZE],
  [
    '16 a long base64 file',
    job({ file: `base64:${Buffer.alloc(100_001).toString('base64')}` }),
    FILE_SIZE,
  ],
  ['H4 a fractional run_timeout', job({ run_timeout: 1.5 }), timeoutValue],
  ['H4 a negative run_timeout', job({ run_timeout: -1 }), timeoutValue],
  ['H4 a run_timeout that no column holds', job({ run_timeout: MAX + 1 }), timeoutValue],
  ['H4 an infinite run_timeout', '{"command":"c","nodes":["n"],"run_timeout":1e999}', timeoutValue],
  ['H4 a fractional quorum', job({ quorum: 0.5 }), quorumValue],
  ['H5 a negative quorum', job({ quorum: -1 }), quorumValue],
  [
    'REFERENCE 10, H6 a node name that no node can have',
    job({ nodes: ['n'.repeat(256)] }),
    'invalid node name supplied (must be <= 255 characters)',
  ],
  [
    'REFERENCE 10 NUL in the command',
    job({ command: 'a\0b' }),
    'invalid text (NUL or half a surrogate pair)',
  ],
  [
    'REFERENCE 10 NUL in a node',
    job({ nodes: ['\0'] }),
    'invalid text (NUL or half a surrogate pair)',
  ],
  [
    'REFERENCE 10 NUL in a name of env',
    job({ env: { '\0': '' } }),
    'invalid text (NUL or half a surrogate pair)',
  ],
  [
    'REFERENCE 10 NUL in the file',
    job({ file: 'raw:\0' }),
    'invalid text (NUL or half a surrogate pair)',
  ],
  [
    'REFERENCE 10 half a surrogate pair',
    '{"command":"\\ud800","nodes":["n"]}',
    'invalid text (NUL or half a surrogate pair)',
  ],
];

describe('POST jobs', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startApi();
  });
  afterEach(() => api.close());

  for (const [row, body, error] of refused) {
    it(`8.3 row ${row}: 400`, async () => {
      const answer = await api.post(body);
      assert.equal(answer.body, JSON.stringify({ error }));
      assert.equal(answer.status, 400);
      assert.equal(answer.headers['content-type'], 'application/json');
      assert.deepEqual(api.started, []);
    });
  }

  it('8.3 judges in the order of its table: each repair uncovers the next row', () => {
    const body: Record<string, unknown> = {
      file: 1,
      env: { A: 1 },
      dir: 1,
      user: 1,
      quorum: 'x',
      run_timeout: 'x',
      capture_output: 1,
      other: 1,
    };
    const repairs: readonly (readonly [string, () => void])[] = [
      ['invalid command supplied', () => (body['command'] = 'c')],
      [NO_NODES, () => (body['nodes'] = [])],
      [
        'invalid type supplied for run_timeout (expected a number)',
        () => (body['run_timeout'] = -1),
      ],
      ['invalid type supplied for quorum (expected a number)', () => (body['quorum'] = -1)],
      [UNKNOWN, () => (body['user'] = 'u')],
      [UNKNOWN, () => (body['dir'] = '/')],
      [UNKNOWN, () => (body['env'] = {})],
      [UNKNOWN, () => (body['file'] = 'x')],
      [
        'invalid type supplied for capture_output (expected a boolean)',
        () => (body['capture_output'] = true),
      ],
      ['invalid key supplied', () => delete body['other']],
      [NO_NODES, () => (body['nodes'] = ['n'])],
      [FILE_FORM, () => (body['file'] = 'base64:x')],
      [FILE_BASE64, () => (body['file'] = 'base64:eA==')],
      [timeoutValue, () => (body['run_timeout'] = 1)],
      [quorumValue, () => (body['quorum'] = 1)],
    ];
    for (const [error, repair] of repairs) {
      const judged = readJobRequest(Buffer.from(JSON.stringify(body)));
      assert.deepEqual(judged.ok ? undefined : judged.answer.json, { error });
      repair();
    }
    assert.equal(readJobRequest(Buffer.from(JSON.stringify(body))).ok, true);
  });

  it('8.3 answers 201, Location and one key, compact, without a newline, slashes as they are', async () => {
    const answer = await api.post(job({}), {
      host: 'push.example.com:443',
      'x-forwarded-proto': 'https',
    });
    const uri = `https://push.example.com/organizations/acme/pushy/jobs/${'f'.repeat(32)}`;
    assert.equal(answer.status, 201);
    assert.equal(answer.body, `{"uri":"${uri}"}`);
    assert.equal(answer.headers.location, uri);
    assert.equal(answer.headers['content-length'], String(answer.body.length));
  });

  it('starts the job that was asked for, with the defaults of 8.3', async () => {
    const before = Date.now();
    assert.equal((await api.post(job({}))).status, 201);
    const [started] = api.started;
    assert.ok(started && started.createdAt >= before);
    assert.deepEqual(
      { ...started, createdAt: 0 },
      {
        id: 'f'.repeat(32),
        orgId: ORG_ID,
        orgName: 'acme',
        requester: 'alice',
        command: 'c',
        nodes: ['n'],
        quorum: 1,
        runTimeout: 3600,
        capture: false,
        createdAt: 0,
      },
    );
  });

  it('starts a job with everything that may be given', async () => {
    const env = { A: '1', B: '', toString: 'x' };
    const file = 'base64:YQ =\n=';
    const all = job({
      command: '',
      quorum: 999,
      run_timeout: 0,
      user: 'u'.repeat(100),
      dir: ' /d ',
      env,
      file,
      capture_output: true,
    });
    assert.equal((await api.post(all)).status, 201);
    const [started] = api.started;
    assert.deepEqual(
      { ...started, createdAt: 0 },
      {
        id: 'f'.repeat(32),
        orgId: ORG_ID,
        orgName: 'acme',
        requester: 'alice',
        command: '',
        nodes: ['n'],
        quorum: 999,
        runTimeout: 0,
        user: 'u'.repeat(100),
        dir: ' /d ',
        env,
        file,
        capture: true,
        createdAt: 0,
      },
    );
  });

  for (const [what, change] of Object.entries({
    'H5 a quorum above the number of nodes': { quorum: 999 },
    'D.3 an empty env and capture_output false': { env: {}, capture_output: false },
    'a file of exactly 100,000 bytes': { file: `raw:${'x'.repeat(100_000)}` },
    'a base64 file of exactly 100,000 bytes': {
      file: `base64:${Buffer.alloc(100_000).toString('base64')}`,
    },
    'an empty raw file': { file: 'raw:' },
    'a whole number written as 10.0': { run_timeout: 10.0 },
  })) {
    it(`takes ${what}`, async () => {
      assert.equal((await api.post(job(change))).status, 201);
    });
  }

  it('takes a body that begins with a byte order mark', async () => {
    assert.equal((await api.post(`\ufeff${JSON.stringify(job({}))}`)).status, 201);
  });

  it('H3 names each node once; the default quorum counts them once', async () => {
    assert.equal((await api.post(job({ nodes: ['a', 'b', 'a'] }))).status, 201);
    assert.deepEqual(api.started[0]?.nodes, ['a', 'b']);
    assert.equal(api.started[0].quorum, 2);
  });

  it('H6 takes any text as user, however long', async () => {
    assert.equal((await api.post(job({ user: 'x'.repeat(10_000) }))).status, 201);
  });
});
