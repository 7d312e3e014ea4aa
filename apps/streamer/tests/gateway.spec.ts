import {
  ApiGatewayManagementApiClient,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { CredentialCache, type ExpiringCredentials } from '../src/push/credentials.js';
import { createApiGateway, payloadOf, type ConnectionGateway } from '../src/push/gateway.js';
import { TestGateway } from './support/gateway.js';

const identity: ExpiringCredentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' };
let peer: TestGateway;
let gateways: ConnectionGateway[] = [];

beforeEach(async () => {
  peer = new TestGateway();
  await peer.listen();
});

afterEach(async () => {
  for (const gateway of gateways) await gateway.close();
  gateways = [];
  await peer.close();
});

async function gatewayTo(
  endpoint: URL,
  credentials: () => Promise<ExpiringCredentials> = () => Promise.resolve(identity),
) {
  const cache = new CredentialCache(credentials, () => undefined);
  await cache.renew(0);
  const gateway = createApiGateway({
    endpoint,
    region: 'ap-northeast-2',
    credentials: cache,
    maxConnections: 2,
    timeoutMs: 300,
  });
  gateways.push(gateway);
  return gateway;
}

test('a message arrives as the AWS SDK would send it: same path, body and signed headers', async () => {
  const sdk = new ApiGatewayManagementApiClient({
    endpoint: peer.endpoint.href,
    region: 'ap-northeast-2',
    credentials: identity,
    requestHandler: new NodeHttpHandler(),
  });
  const gateway = await gatewayTo(peer.endpoint);
  for (const connectionId of ['L0SM9cOFvHcCIhw=', 'plain', "odd!'()* /?#é"]) {
    peer.posted.length = 0;
    await sdk.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: Buffer.from('{"e":"d"}') }));
    expect(await gateway.post(connectionId, payloadOf('{"e":"d"}'))).toEqual({ outcome: 'sent' });
    const [theirs, ours] = peer.posted;
    expect(decodeURIComponent(ours!.path)).toBe(decodeURIComponent(theirs!.path));
    expect(ours!.body).toBe(theirs!.body);
    for (const header of ['host', 'content-type', 'x-amz-content-sha256', 'x-amz-security-token'] as const) {
      expect([header, ours!.headers[header]]).toEqual([header, theirs!.headers[header]]);
    }
    expect(ours!.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//);
  }
  peer.statusOf.set('gone', 410);
  await expect(sdk.send(new PostToConnectionCommand({ ConnectionId: 'gone', Data: Buffer.from('x') }))).rejects.toThrow(
    GoneException,
  );
  expect(await gateway.post('gone', payloadOf('x'))).toEqual({ outcome: 'gone' });
  sdk.destroy();
});

test.each([
  [200, { outcome: 'sent' }],
  [410, { outcome: 'gone' }],
  [429, { outcome: 'throttled', statusCode: 429 }],
  [403, { outcome: 'refused', statusCode: 403 }],
  [500, { outcome: 'refused', statusCode: 500 }],
])('an answer of %i is told apart', async (status, result) => {
  peer.statusOf.set('c', status);
  expect(await (await gatewayTo(peer.endpoint)).post('c', payloadOf('{}'))).toEqual(result);
});

test('no answer in time, nobody there, and a closed gateway are results, not rejections', async () => {
  peer.delayOf.set('mute', 60_000);
  const gateway = await gatewayTo(peer.endpoint);
  expect((await gateway.post('mute', payloadOf('{}'))).outcome).toBe('unreachable');
  const { endpoint } = peer;
  await peer.close();
  expect((await (await gatewayTo(endpoint)).post('c', payloadOf('{}'))).outcome).toBe('unreachable');
  await gateway.close();
  expect((await gateway.post('c', payloadOf('{}'))).outcome).toBe('unreachable');
});

test('without credentials nothing is sent', async () => {
  const gateway = await gatewayTo(peer.endpoint, () => Promise.reject(new Error('none')));
  expect(await gateway.post('c', payloadOf('{}'))).toEqual({ outcome: 'unsigned' });
  expect(peer.posted).toEqual([]);
});
