import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

interface Outcome {
  code: number;
  output: string;
}

/** Each rule of ARCHITECTURE.md is broken once, on purpose, in a copy of the tree. */
describe('The frame refuses', function () {
  this.timeout(120_000);
  let copy: string;

  before(async () => {
    copy = await mkdtemp(join(tmpdir(), 'pushy-frame-'));
    for (const entry of await readdir(root)) {
      if (['node_modules', '.git', 'coverage'].includes(entry)) continue;
      await cp(join(root, entry), join(copy, entry), {
        recursive: true,
        filter: (path) => !/\/(dist|node_modules)$|\.tsbuildinfo$/.test(path),
      });
    }
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  });
  after(() => rm(copy, { recursive: true, force: true }));

  const attempts: { title: string; files: Record<string, string>; expected: RegExp }[] = [
    {
      title: 'a package that imports a sibling',
      files: { 'server/src/x.ts': "import '@pushy/client';\n" },
      expected: /server must not import @pushy\/client/,
    },
    {
      title: 'a sibling imported by its path',
      files: { 'client/src/x.ts': "import '../../server/src/clock.ts';\n" },
      expected: /Import a package by its name/,
    },
    {
      title: 'a deep import',
      files: { 'client/src/x.ts': "import '@pushy/protocol/src/limits.ts';\n" },
      expected: /No deep imports/,
    },
    {
      title: 'core that imports a built-in module',
      files: { 'server/src/core/x.ts': "import 'node:fs';\n" },
      expected: /core\/ is pure: no built-in modules/,
    },
    {
      title: 'core that imports an adapter',
      files: {
        'server/src/core/x.ts': "import '../db/y.ts';\n",
        'server/src/db/y.ts': 'export {};\n',
      },
      expected: /core\/ is pure: only core\/ and @pushy\/protocol/,
    },
    {
      title: 'an adapter that imports another adapter',
      files: {
        'server/src/http/x.ts': "import '../zmq/y.ts';\n",
        'server/src/zmq/y.ts': 'export {};\n',
      },
      expected: /Adapters never import one another/,
    },
    {
      title: 'a dispatcher that imports an adapter',
      files: {
        'server/src/dispatcher/x.ts': "import '../bus/y.ts';\n",
        'server/src/bus/y.ts': 'export {};\n',
      },
      expected: /The dispatcher knows no adapter/,
    },
    {
      title: 'a log of feeds that imports an adapter',
      files: {
        'server/src/feed-log/x.ts': "import '../http/y.ts';\n",
        'server/src/http/y.ts': 'export {};\n',
      },
      expected: /The feeds know no adapter/,
    },
    {
      title: 'a dispatcher that imports the log of feeds',
      files: { 'server/src/dispatcher/x.ts': "import '../feed-log.ts';\n" },
      expected: /The dispatcher knows no adapter/,
    },
    {
      title: 'a circle of imports',
      files: {
        'server/src/http/x.ts':
          "import { y } from './y.ts';\nexport const x = (): number => y();\n",
        'server/src/http/y.ts':
          "import { x } from './x.ts';\nexport const y = (): number => x();\n",
      },
      expected: /Dependency cycle detected/,
    },
    {
      title: 'a floating promise',
      files: { 'server/src/http/x.ts': 'export function x(): void {\n  Promise.resolve(1);\n}\n' },
      expected: /no-floating-promises/,
    },
    {
      title: 'process outside main.ts',
      files: { 'server/src/http/x.ts': 'export const x = process.pid;\n' },
      expected: /Only main\.ts uses process/,
    },
    {
      title: 'a timer outside clock.ts',
      files: { 'server/src/http/x.ts': 'export const x = Date.now();\n' },
      expected: /Time is an argument/,
    },
  ];

  for (const { title, files, expected } of attempts) {
    it(title, async () => {
      const paths = Object.keys(files);
      const { code, output } = await withFiles(files, () => tool('eslint', ...paths));
      assert.notEqual(code, 0, output);
      assert.match(output, expected);
    });
  }

  it('an unused file and an unused export', async () => {
    const files = {
      'server/src/http/unused-file.ts': 'export const nobody = 1;\n',
      'server/src/clock.ts': `import type { Clock } from './x.ts';\n`,
    };
    const extra = '\nexport function calledByNobody(): void {\n  /* nothing */\n}\n';
    const { readFile } = await import('node:fs/promises');
    files['server/src/clock.ts'] =
      (await readFile(join(copy, 'server/src/clock.ts'), 'utf8')) + extra;
    const { code, output } = await withFiles(files, () => tool('knip'));
    assert.notEqual(code, 0);
    assert.match(output, /server\/src\/http\/unused-file\.ts/);
    assert.match(output, /calledByNobody/);
  });

  /** Writes the files, runs `action`, and puts back what was there. */
  async function withFiles(files: Record<string, string>, action: () => Promise<Outcome>) {
    for (const [path, text] of Object.entries(files)) await writeFile(join(copy, path), text);
    try {
      return await action();
    } finally {
      for (const path of Object.keys(files)) {
        await rm(join(copy, path));
        await cp(join(root, path), join(copy, path)).catch((error: unknown) => {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        });
      }
    }
  }

  async function tool(name: string, ...args: string[]): Promise<Outcome> {
    try {
      const { stdout, stderr } = await run(join(root, 'node_modules', '.bin', name), args, {
        cwd: copy,
        timeout: 100_000,
      });
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      const failed = error as { code: number; stdout: string; stderr: string };
      return { code: failed.code, output: failed.stdout + failed.stderr };
    }
  }
});
