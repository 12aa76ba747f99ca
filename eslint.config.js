// The arrows of ARCHITECTURE.md, "Who may import whom", as lint rules. `npm run check` runs them.
import js from '@eslint/js';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const packages = [
  'protocol',
  'mixlib-authentication-ts',
  'ruby-config',
  'server',
  'client',
  'knife-bridge',
];
const names = {
  protocol: '@pushy/protocol',
  'mixlib-authentication-ts': 'mixlib-authentication-ts',
  'ruby-config': '@pushy/ruby-config',
  server: '@pushy/server',
  client: '@pushy/client',
  'knife-bridge': '@pushy/knife-bridge',
  test: '@pushy/test',
};
/** The three packages that import nobody; the three that import only those; test imports all. */
const base = ['protocol', 'mixlib-authentication-ts', 'ruby-config'];
const mayImport = { server: base, client: base, 'knife-bridge': base };

/** A package names only the packages that it may import, and those by their public door. */
const packageArrows = packages.map((own) => {
  const allowed = (mayImport[own] ?? []).map((p) => names[p]);
  const refused = Object.values(names).filter((n) => !allowed.includes(n));
  return {
    files: [`${own}/src/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            ...refused.map((n) => ({
              regex: `^${n}(/|$)`,
              message: `${own} must not import ${n} (ARCHITECTURE.md, "Who may import whom").`,
            })),
            // The schemas of the REST API have a door of their own: the library that they are made with costs an agent
            // 20 MB, so only the server goes through it.
            ...allowed.map((n) => ({
              regex: own === 'server' ? `^${n}/(?!http$)` : `^${n}/`,
              message: 'No deep imports: use the index.',
            })),
            ...packages.map((p) => ({
              regex: `^(\\.\\./)+${p}/src`,
              message: 'Import a package by its name.',
            })),
          ],
        },
      ],
    },
  };
});

const serverRooms = ['http', 'zmq', 'db', 'directory', 'secrets', 'bus'];
const zone = (target, from, message, except) => ({
  target: `./server/src/${target}`,
  from: from.map((f) => `./server/src/${f}`),
  message,
  ...(except === undefined ? {} : { except }),
});
const serverArrows = [
  ...serverRooms.map((room) =>
    zone(
      room,
      [
        ...serverRooms.filter((r) => r !== room),
        'feed-log',
        'feed-log.ts',
        'ctl',
        'compose',
        'server.ts',
        'main.ts',
      ],
      'Adapters never import one another; they meet in the composition root.',
    ),
  ),
  ...['feed-log', 'feed-log.ts'].map((place) =>
    zone(
      place,
      [...serverRooms, 'dispatcher', 'ctl', 'compose', 'server.ts', 'main.ts'],
      'The feeds know no adapter and no host: what they need is a port.',
    ),
  ),
  zone(
    'dispatcher',
    [...serverRooms, 'feed-log', 'feed-log.ts', 'ctl', 'compose', 'server.ts', 'main.ts'],
    'The dispatcher knows no adapter: declare the port that it needs.',
  ),
  zone(
    'core',
    [
      ...serverRooms,
      'ctl',
      'compose',
      'dispatcher',
      'feed-log',
      'feed-log.ts',
      'server.ts',
      'main.ts',
      'config.ts',
      'log.ts',
      'clock.ts',
    ],
    'core/ is pure: only core/ and @pushy/protocol.',
  ),
];
const clientRooms = ['config', 'http', 'jobs', 'link', 'loops', 'process', 'whitelist'];
const clientArrows = [
  {
    target: './client/src/core',
    from: [
      './client/src/loops',
      './client/src/process',
      './client/src/agent.ts',
      './client/src/main.ts',
    ],
    message: 'core/ is pure: only core/ and @pushy/protocol.',
  },
  ...clientRooms.map((room) => ({
    target: `./client/src/${room}`,
    from: ['./client/src/agent.ts', './client/src/main.ts'],
    message: 'Nothing calls back upward.',
  })),
];

const noTime = ['Date', 'setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
  name,
  message: 'Time is an argument: take the Clock port (only clock.ts reads the clock).',
}));
const noProcess = {
  name: 'process',
  message: 'Only main.ts uses process (and client/src/process/).',
};
const edges = ['**/main.ts', 'client/src/process/**'];
// http-date.ts and feed-time.ts only turn numbers into text and back: they never ask what time it is.
const clocks = ['*/src/clock.ts', 'protocol/src/http-date.ts', 'protocol/src/feed-time.ts'];

export default tseslint.config(
  { ignores: ['**/dist/', 'coverage/', '**/node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    settings: {
      'import-x/resolver-next': [
        createTypeScriptImportResolver({ conditionNames: ['@pushy/source', 'import', 'default'] }),
      ],
      'import-x/extensions': ['.ts'],
    },
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'import-x/no-extraneous-dependencies': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'An index lists names; no export *.' },
        { selector: 'TSEnumDeclaration', message: 'Use `as const` arrays and unions.' },
      ],
    },
  },
  ...packageArrows,
  {
    files: ['server/src/**/*.ts', 'client/src/**/*.ts'],
    rules: {
      'import-x/no-restricted-paths': [
        'error',
        { basePath: import.meta.dirname, zones: [...serverArrows, ...clientArrows] },
      ],
    },
  },
  ...packages.flatMap((p) => [
    {
      files: [`${p}/src/**/*.ts`],
      ignores: [...edges, ...clocks],
      rules: { 'no-restricted-globals': ['error', noProcess, ...noTime] },
    },
  ]),
  {
    files: edges.map((e) => (e.startsWith('**') ? `*/src/${e}` : e)),
    rules: { 'no-restricted-globals': ['error', ...noTime] },
  },
  {
    // Pure code takes its time and its world as arguments: no built-in module at all.
    files: ['server/src/core/**/*.ts', 'client/src/core/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^node:', message: 'core/ is pure: no built-in modules.' },
            { regex: '^(\\.\\./){3,}', message: 'core/ imports only core/ and @pushy/protocol.' },
            {
              regex: '^(?!\\.|@pushy/protocol$)',
              message: 'core/ imports only core/ and @pushy/protocol.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'max-lines': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        require: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        URL: 'readonly',
      },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off', 'no-console': 'off' },
  },
);
