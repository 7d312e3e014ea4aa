export { eventually } from './eventually.js';
export { freePort } from './free-port.js';
export { tempDir } from './temp-dir.js';
export { startValkey, valkeyBinary, type TestValkey, type ValkeyOptions } from './valkey.js';
