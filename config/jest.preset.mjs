import { basename, join } from 'node:path';

/**
 * The jest settings that every project shares. Workspace packages are read from their sources, and every run leaves a
 * machine-readable report in `reports/`, which `.ci/run` sums.
 *
 * @param {import('jest').Config} [overrides]
 * @param {string} [report] name of the report
 * @returns {import('jest').Config}
 */
export function jestConfig(overrides = {}, report = 'jest') {
  return {
    displayName: basename(process.cwd()),
    rootDir: process.cwd(),
    testEnvironment: 'node',
    // Real servers on a busy machine take their time: the limit is for what hangs.
    testTimeout: 60_000,
    testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/tests/**/*.spec.ts'],
    testEnvironmentOptions: {
      customExportConditions: ['@supernoba/source', 'node', 'node-addons', 'require', 'default'],
    },
    moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
    moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
    transform: {
      '^.+\\.(ts|js|mjs)$': [
        '@swc/jest',
        {
          swcrc: false,
          jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
          module: { type: 'commonjs' },
          sourceMaps: 'inline',
        },
      ],
    },
    transformIgnorePatterns: ['/node_modules/(?!(jose)/)', '<rootDir>/dist/'],
    modulePathIgnorePatterns: ['<rootDir>/dist/'],
    reporters: ['default', [join(import.meta.dirname, 'jest-report.cjs'), { name: report }]],
    ...overrides,
  };
}
