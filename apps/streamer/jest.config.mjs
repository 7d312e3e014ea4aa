import { jestConfig } from '../../config/jest.preset.mjs';

export default jestConfig({ maxWorkers: 2 });
