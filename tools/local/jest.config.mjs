import { jestConfig } from '../../config/jest.preset.mjs';

// jose ships ES modules alone, in a folder called `dist`.
export default jestConfig({ transformIgnorePatterns: ['/node_modules/(?!jose/)'] });
