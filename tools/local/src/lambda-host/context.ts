import type { InvokeMessage } from './messages.js';

/** The second argument of a handler, as Lambda's Node runtime gives it to async handlers. */
export interface LambdaContext {
  awsRequestId: string;
  functionName: string;
  functionVersion: string;
  invokedFunctionArn: string;
  memoryLimitInMB: string;
  logGroupName: string;
  logStreamName: string;
  callbackWaitsForEmptyEventLoop: boolean;
  /** Milliseconds until the invocation times out; never negative. */
  getRemainingTimeInMillis(): number;
}

/** Reads the function's name, version and size from the variables that Lambda reserves. */
export function createContext({ requestId, deadline }: InvokeMessage, env: NodeJS.ProcessEnv): LambdaContext {
  const functionName = env['AWS_LAMBDA_FUNCTION_NAME'] ?? '';
  const region = env['AWS_REGION'] ?? 'local';
  return {
    awsRequestId: requestId,
    functionName,
    functionVersion: env['AWS_LAMBDA_FUNCTION_VERSION'] ?? '',
    invokedFunctionArn: `arn:aws:lambda:${region}:000000000000:function:${functionName}`,
    memoryLimitInMB: env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'] ?? '',
    logGroupName: env['AWS_LAMBDA_LOG_GROUP_NAME'] ?? '',
    logStreamName: env['AWS_LAMBDA_LOG_STREAM_NAME'] ?? '',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}
