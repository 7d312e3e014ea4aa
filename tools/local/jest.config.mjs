import { jestConfig } from '../../config/jest.preset.mjs';

export default jestConfig({
  // jose ships ES modules alone, in a folder called `dist`.
  transformIgnorePatterns: ['/node_modules/(?!jose/)'],
  // The suites wait for processes more than they work: three files go side by side.
  maxWorkers: 3,
});
