import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

const impure = [
  { name: 'process', message: 'The matching core reads no environment.' },
  { name: 'setTimeout', message: 'Time is an input of the matching core.' },
  { name: 'setInterval', message: 'Time is an input of the matching core.' },
  { name: 'setImmediate', message: 'Time is an input of the matching core.' },
  { name: 'performance', message: 'Time is an input of the matching core.' },
];
const impureProperties = [
  { object: 'Date', property: 'now', message: 'Time comes out of the journal.' },
  { object: 'Math', property: 'random', message: 'The same journal must give the same events.' },
];

const boundaries = {
  allow: [],
  enforceBuildableLibDependency: true,
  depConstraints: [
    { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:lib'] },
    { sourceTag: 'type:lib', onlyDependOnLibsWithTags: ['type:lib'] },
    { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['type:lib', 'type:tool'] },
    { sourceTag: 'room:alone', onlyDependOnLibsWithTags: [] },
    { sourceTag: 'room:pure', onlyDependOnLibsWithTags: ['room:pure', 'room:alone'] },
    { sourceTag: 'room:client', onlyDependOnLibsWithTags: ['lib:protocol', 'lib:candles'] },
  ],
};

// The rules that need types are in .oxlintrc.json: oxlint checks all projects in the time in which ESLint loads the types of two.
export default tseslint.config(
  { ignores: ['**/dist/**', '**/reports/**', '**/.nx/**', '**/.local/**', '**/node_modules/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    plugins: { '@nx': nx },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: 'error',
      '@nx/enforce-module-boundaries': ['error', boundaries],
    },
  },
  {
    // The simulator runs the engine itself, audit and rebuild replay the journal by its rules, the check of the candles publishes as it does, the benchmark counts its rows: a copy would prove nothing.
    files: ['tools/{simulate,audit,bench,check-candles,rebuild}/**/*.ts'],
    rules: { '@nx/enforce-module-boundaries': ['error', { ...boundaries, allow: ['@supernoba/engine/*'] }] },
  },
  {
    files: ['libs/{orderbook,protocol,valkey-keys,candles}/src/**/*.ts', 'apps/engine/src/matching/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-globals': ['error', ...impure],
      'no-restricted-properties': ['error', ...impureProperties],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['node:*', '@aws-sdk/*', 'iovalkey', 'ws', 'undici'], message: 'This code does no I/O.' },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        Buffer: 'readonly',
        module: 'writable',
        require: 'readonly',
        __dirname: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        AbortSignal: 'readonly',
        AbortController: 'readonly',
        performance: 'readonly',
      },
    },
  },
  prettier,
);
