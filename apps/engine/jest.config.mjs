import { jestConfig } from '../../config/jest.preset.mjs';

/** The suites start real servers; a busy machine takes its time. */
export default jestConfig({ testTimeout: 60_000 });
