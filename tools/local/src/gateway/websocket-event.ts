import { clfTime, gatewayId, groupQuery, type GatewayRequest } from './request.js';

/** What API Gateway knows of a connection for its whole life. */
export interface ConnectionFacts {
  id: string;
  /** Epoch ms. */
  connectedAt: number;
  sourceIp: string;
  userAgent: string;
  domainName: string;
  stage: string;
}

export interface CloseFacts {
  code: number;
  reason: string;
}

function requestContext(connection: ConnectionFacts, routeKey: string, eventType: string) {
  const now = Date.now();
  return {
    routeKey,
    eventType,
    extendedRequestId: gatewayId(),
    requestTime: clfTime(now),
    messageDirection: 'IN',
    stage: connection.stage,
    connectedAt: connection.connectedAt,
    requestTimeEpoch: now,
    identity: {
      ...(connection.userAgent !== '' && { userAgent: connection.userAgent }),
      sourceIp: connection.sourceIp,
    },
    requestId: gatewayId(),
    domainName: connection.domainName,
    connectionId: connection.id,
    apiId: 'local',
  };
}

function handshakeHeaders(request: GatewayRequest): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (const [name, value] of request.headers) grouped.set(name, [...(grouped.get(name) ?? []), value]);
  return grouped;
}

function lastOf(grouped: Map<string, string[]>): Record<string, string> {
  return Object.fromEntries([...grouped].map(([name, values]) => [name, values.at(-1) ?? '']));
}

/** Event of `$connect`, with the headers and the query string of the handshake. */
export function connectEvent(connection: ConnectionFacts, request: GatewayRequest) {
  const headers = handshakeHeaders(request);
  const query = groupQuery(request.query);
  return {
    headers: lastOf(headers),
    multiValueHeaders: Object.fromEntries(headers),
    ...(query.size > 0 && {
      queryStringParameters: lastOf(query),
      multiValueQueryStringParameters: Object.fromEntries(query),
    }),
    requestContext: requestContext(connection, '$connect', 'CONNECT'),
    isBase64Encoded: false,
  };
}

/** Event of a message. Binary messages, which only `$default` gets, are base64. */
export function messageEvent(connection: ConnectionFacts, routeKey: string, data: Buffer, isBinary: boolean) {
  return {
    requestContext: { ...requestContext(connection, routeKey, 'MESSAGE'), messageId: gatewayId() },
    body: data.toString(isBinary ? 'base64' : 'utf8'),
    isBase64Encoded: isBinary,
  };
}

/** Event of `$disconnect`, with the close code and reason. */
export function disconnectEvent(connection: ConnectionFacts, { code, reason }: CloseFacts) {
  const headers = { Host: connection.domainName, 'x-api-key': '', 'X-Forwarded-For': '', 'x-restapi': '' };
  return {
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    requestContext: {
      ...requestContext(connection, '$disconnect', 'DISCONNECT'),
      disconnectStatusCode: code,
      disconnectReason: reason === '' ? (DEFAULT_REASONS[code] ?? '') : reason,
    },
    isBase64Encoded: false,
  };
}

const DEFAULT_REASONS: Readonly<Record<number, string>> = {
  1000: 'Connection Closed Normally',
  1001: 'Going away',
  1005: 'Client-side close frame status not set',
  1006: 'Connection closed abnormally',
};
