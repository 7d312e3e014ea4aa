import { jestConfig } from '../../config/jest.preset.mjs';

export default jestConfig({ testMatch: ['<rootDir>/tests/**/*.e2e.ts'], maxWorkers: 1 }, 'e2e');
