import { jestConfig } from '../../../config/jest.preset.mjs';

export default jestConfig();
