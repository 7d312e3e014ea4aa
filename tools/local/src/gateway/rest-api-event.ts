import { randomUUID } from 'node:crypto';
import { clfTime, gatewayId, groupQuery, type GatewayRequest } from './request.js';
import type { RouteMatch } from './routes.js';

/** A REST API's `identity` names every way to know a caller; only address and user agent exist here. */
const NOBODY = {
  cognitoIdentityPoolId: null,
  accountId: null,
  cognitoIdentityId: null,
  caller: null,
  accessKey: null,
  cognitoAuthenticationType: null,
  cognitoAuthenticationProvider: null,
  userArn: null,
  principalOrgId: null,
  user: null,
} as const;

/** Values of one name, whatever its case; names stand as they were first sent. */
function headersAsSent(headers: GatewayRequest['headers']): Map<string, string[]> {
  const names = new Map<string, string>();
  const grouped = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    const known = names.get(lower) ?? name;
    names.set(lower, known);
    grouped.set(known, [...(grouped.get(known) ?? []), value]);
  }
  return grouped;
}

function last(grouped: Map<string, string[]>): Record<string, string> {
  return Object.fromEntries([...grouped].map(([name, values]) => [name, values.at(-1) ?? '']));
}

/** The event of a REST API's proxy integration, format 1.0. Fields without a value are null. */
export function restApiEvent(request: GatewayRequest, { route, parameters }: RouteMatch, stage: string) {
  const headers = headersAsSent(request.headers);
  const query = groupQuery(request.query);
  return {
    resource: route.path,
    path: request.path,
    httpMethod: request.method,
    headers: last(headers),
    multiValueHeaders: Object.fromEntries(headers),
    queryStringParameters: query.size > 0 ? last(query) : null,
    multiValueQueryStringParameters: query.size > 0 ? Object.fromEntries(query) : null,
    pathParameters: Object.keys(parameters).length > 0 ? parameters : null,
    stageVariables: null,
    requestContext: {
      resourceId: 'local',
      resourcePath: route.path,
      httpMethod: request.method,
      extendedRequestId: gatewayId(),
      requestTime: clfTime(request.receivedAt),
      path: `/${stage}${request.path}`,
      accountId: '000000000000',
      protocol: request.protocol,
      stage,
      domainPrefix: request.domainName.split('.', 1)[0] ?? '',
      requestTimeEpoch: request.receivedAt,
      requestId: randomUUID(),
      identity: { ...NOBODY, sourceIp: request.sourceIp, userAgent: request.userAgent },
      domainName: request.domainName,
      deploymentId: 'local',
      apiId: 'local',
    },
    // Without binary media types a REST API takes every body for text.
    body: request.body.length > 0 ? request.body.toString('utf8') : null,
    isBase64Encoded: false,
  };
}
