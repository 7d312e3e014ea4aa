import tseslint from 'typescript-eslint';
import root from '../../eslint.config.mjs';

const PORTS_ONLY = 'The engine touches the world through its ports; adapters/ makes the real ones.';
const globals = ['process', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'fetch'];
const io = [
  '@aws-sdk/*',
  '@smithy/*',
  'iovalkey',
  'ws',
  'undici',
  'node:fs*',
  'node:net',
  'node:http*',
  'node:timers*',
];

/** A simulator runs the engine unchanged: only main.ts, adapters/ and the operator's servers may reach for the world. */
export default tseslint.config(
  ...root,
  { ignores: ['src/admin/generated/**'] },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/main.ts', 'src/adapters/**', 'src/admin/{http,grpc-server}.ts', '**/*.spec.ts'],
    rules: {
      'no-restricted-globals': ['error', ...globals.map((name) => ({ name, message: PORTS_ONLY }))],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time comes from the clock port, event time from the journal.' },
        { object: 'Math', property: 'random', message: 'Randomness comes from the random port.' },
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: io, message: PORTS_ONLY },
            { group: ['**/adapters/*'], message: 'Only main.ts puts the real ports in.' },
          ],
        },
      ],
    },
  },
  {
    files: ['src/matching/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?!@supernoba/(orderbook|protocol)$|\\./|\\.\\./(errors|ports)\\.js$)',
              message: 'matching/ is pure: the order book, the protocol, and nothing else.',
            },
          ],
        },
      ],
    },
  },
);
