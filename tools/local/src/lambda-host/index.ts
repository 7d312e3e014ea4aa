export { LambdaError, LambdaErrorCode } from './errors.js';
export { startLambda, type LambdaFunction, type LambdaOptions } from './function.js';
