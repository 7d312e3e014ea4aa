export { GatewayError } from './errors.js';
export { startGateway, type Gateway, type GatewayOptions } from './gateway.js';
export { runGateway, type GatewayConfig, type RunningGateway } from './process.js';
