import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** What turns bytes or objects into values must not reach the outside world itself. */
const pureFiles = [
  'src/translate/**',
  'src/net/**',
  'src/cluster/**/*parse*',
  'src/**/*difference*',
];
const outsideWorld = [
  'child_process',
  'dgram',
  'dns',
  'fs',
  'fs/promises',
  'http',
  'http2',
  'https',
  'os',
  'timers',
  'timers/promises',
  'tls',
].map((name) => ({ name: `node:${name}`, message: 'This file is pure: no I/O.' }));
const sockets = {
  name: 'node:net',
  allowImportNames: ['BlockList', 'SocketAddress', 'isIP', 'isIPv4', 'isIPv6'],
  message: 'This file is pure: no sockets.',
};
const outsidePackages = {
  group: ['netlink', 'pino', 'pino-*', 'convict', 'commander', '**/netlink/**'],
  message: 'This file is pure: no I/O, no logging, no configuration.',
};
const clientLibrary = {
  group: ['@kubernetes/client-node'],
  allowTypeImports: true,
  message: 'This file is pure: types of the client library only.',
};

/** A step of the wall clock must change no duration. */
const wallClock =
  'Measure durations by src/base/time/monotonic-clock.ts; a time of day comes from src/base/time/wall-clock.ts.';
const looksAtWallClock = [
  "MemberExpression[object.name='Date'][property.name='now']",
  "NewExpression[callee.name='Date'][arguments.length=0]",
  "CallExpression[callee.name='Date']",
  "MemberExpression[object.name='performance'][property.name='timeOrigin']",
];
const boundedTimers = 'Node takes waits above 24.8 days for 1 ms: use src/base/time/timers.ts.';
const timers = ['setTimeout', 'setInterval'].map((name) => ({ name, message: boundedTimers }));

export default defineConfig(
  { ignores: ['coverage/', 'dist/', 'node_modules/'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      complexity: ['error', 12],
      eqeqeq: 'error',
      'max-depth': ['error', 3],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-param-reassign': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      // The API's models are classes by name; its serializer takes plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ['src/**', 'hack/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...looksAtWallClock.map((selector) => ({ selector, message: wallClock })),
      ],
    },
  },
  { files: ['src/base/time/wall-clock.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['src/**'],
    rules: {
      'no-restricted-globals': ['error', ...timers],
      'no-restricted-imports': [
        'error',
        {
          paths: ['node:timers', 'node:timers/promises', 'timers', 'timers/promises'].map(
            (name) => ({
              name,
              importNames: ['setTimeout', 'setInterval', 'scheduler'],
              message: boundedTimers,
            }),
          ),
        },
      ],
    },
  },
  {
    files: ['src/base/time/timers.ts'],
    rules: { 'no-restricted-globals': 'off', 'no-restricted-imports': 'off' },
  },
  {
    files: ['test/**'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: pureFiles,
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { paths: [...outsideWorld, sockets], patterns: [outsidePackages, clientLibrary] },
      ],
      'no-restricted-globals': ['error', 'fetch', 'process', ...timers],
    },
  },
  { files: ['**/*.js', '**/*.cjs', '**/*.mjs'], extends: [tseslint.configs.disableTypeChecked] },
  {
    // Runs in a browser; its types are in comments, which tsc checks.
    files: ['src/serve/status/page/*.js'],
    rules: {
      'no-undef': 'off',
      'no-restricted-globals': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      globals: {
        __dirname: 'readonly',
        exports: 'readonly',
        module: 'readonly',
        process: 'readonly',
        require: 'readonly',
      },
    },
    rules: {
      '@typescript-eslint/no-require-imports': 'off',
    },
  },
);
