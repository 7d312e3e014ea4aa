import { jestConfig } from '../../config/jest.preset.mjs';

/** Four fifths of their time the suites wait for leases, polls and restarts: three files go side by side. Some start five engines one after the other. */
export default jestConfig({ maxWorkers: 3, testTimeout: 120_000 });
