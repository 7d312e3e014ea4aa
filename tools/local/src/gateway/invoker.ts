import { GatewayError } from './errors.js';

/** A function the gateway calls; a `LambdaFunction` is one. */
export interface Invoker {
  invoke(event: unknown): Promise<unknown>;
}

/** @throws GatewayError `BAD_SETTINGS` naming `usedBy` when there is no such Lambda */
export function findLambda(lambdas: Readonly<Record<string, Invoker>>, name: string, usedBy: string): Invoker {
  const lambda = Object.hasOwn(lambdas, name) ? lambdas[name] : undefined;
  if (lambda === undefined)
    throw new GatewayError('BAD_SETTINGS', `${usedBy} names the Lambda "${name}", which does not exist`);
  return lambda;
}
