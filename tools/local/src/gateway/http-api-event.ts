import { isUtf8 } from 'node:buffer';
import { clfTime, gatewayId, groupHeaders, groupQuery, type GatewayRequest } from './request.js';
import type { RouteMatch } from './routes.js';

/** Media types whose bodies an HTTP API hands on as text. Anything else is base64, forms too. */
const TEXT_TYPE = /^(?:text\/.*|application\/(?:json|javascript|xml|.+\+json|.+\+xml))$/;

/** Duplicates of a name are one value, joined with commas. */
function joined(grouped: Map<string, string[]>): Record<string, string> {
  return Object.fromEntries([...grouped].map(([name, values]) => [name, values.join(',')]));
}

/** Sent without a type counts as text; what is no UTF-8 would be spoilt as text. */
function isText(contentType: string | undefined, body: Buffer): boolean {
  const type = (contentType ?? 'text/plain').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return TEXT_TYPE.test(type) && isUtf8(body);
}

/** The event of an HTTP API, payload format 2.0. Fields without a value are absent. */
export function httpApiEvent(request: GatewayRequest, { route, parameters }: RouteMatch) {
  const routeKey = `${route.method} ${route.path}`;
  const headers = groupHeaders(request.headers);
  const cookies = headers.get('cookie')?.flatMap((line) => line.split(/;\s*/));
  headers.delete('cookie');
  const query = groupQuery(request.query);
  const text = isText(headers.get('content-type')?.[0], request.body);
  return {
    version: '2.0',
    routeKey,
    rawPath: request.path,
    rawQueryString: request.query,
    ...(cookies !== undefined && { cookies }),
    headers: joined(headers),
    ...(query.size > 0 && { queryStringParameters: joined(query) }),
    ...(Object.keys(parameters).length > 0 && { pathParameters: parameters }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: request.domainName,
      domainPrefix: request.domainName.split('.', 1)[0] ?? '',
      http: {
        method: request.method,
        path: request.path,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: request.userAgent,
      },
      requestId: gatewayId(),
      routeKey,
      stage: '$default',
      time: clfTime(request.receivedAt),
      timeEpoch: request.receivedAt,
    },
    ...(request.body.length > 0 && { body: request.body.toString(text ? 'utf8' : 'base64') }),
    isBase64Encoded: request.body.length > 0 && !text,
  };
}
