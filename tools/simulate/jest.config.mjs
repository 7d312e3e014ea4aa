import { jestConfig } from '../../config/jest.preset.mjs';

// Its dynamic import of a built-in module is not for jest's modules: transformed, it is a `require`.
export default jestConfig({ transformIgnorePatterns: ['/node_modules/(?!(wasmoon-lua5\\.1)/)', '<rootDir>/dist/'] });
