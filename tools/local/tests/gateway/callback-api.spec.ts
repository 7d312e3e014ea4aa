import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { eventually } from '@supernoba/testing';
import { Pool } from 'undici';
import type { Gateway } from '../../src/gateway/index.js';
import { PRINT, Rig, type Client } from './rig.js';

const rig = new Rig();
afterEach(() => rig.close());

const SIGNED = {
  authorization: 'AWS4-HMAC-SHA256 Credential=AK/20250101/r/execute-api/aws4_request, SignedHeaders=host, Signature=00',
};

function sdk(gateway: Gateway, path = ''): ApiGatewayManagementApiClient {
  const client = new ApiGatewayManagementApiClient({
    region: 'ap-northeast-2',
    endpoint: `http://127.0.0.1:${gateway.managementPort}${path}`,
    credentials: { accessKeyId: 'AK', secretAccessKey: 'SK' },
    maxAttempts: 1,
  });
  rig.closeLater(() => Promise.resolve(client.destroy()));
  return client;
}

/** A gateway with one client, and the connection's id as `$connect` saw it. */
async function connected(limits = {}): Promise<{ gateway: Gateway; client: Client; id: string }> {
  const printer = await rig.lambda(PRINT);
  const routes = { $connect: 'printer', $disconnect: 'printer' };
  const gateway = await rig.gateway({ lambdas: { printer }, webSocket: { routes }, limits });
  const client = await rig.connect(gateway, '/ws', { headers: { 'user-agent': 'me' } });
  await eventually(() => rig.lines.length === 1);
  return { gateway, client, id: rig.events()[0]?.requestContext.connectionId ?? '' };
}

function url(gateway: Gateway, id: string): string {
  return `http://127.0.0.1:${gateway.managementPort}/@connections/${encodeURIComponent(id)}`;
}

describe('through the AWS SDK', () => {
  test('PostToConnection sends one text frame', async () => {
    const { gateway, client, id } = await connected();
    const answer = await sdk(gateway).send(new PostToConnectionCommand({ ConnectionId: id, Data: '{"e":"d","ü":1}' }));
    expect(answer.$metadata).toMatchObject({ httpStatusCode: 200, requestId: expect.stringMatching(/^[\w-]{15}=$/) });
    await eventually(() => client.frames.length === 1);
    expect(client.frames).toEqual(['{"e":"d","ü":1}']);
  });

  test('the endpoint may carry the stage', async () => {
    const { gateway, client, id } = await connected();
    await sdk(gateway, '/local').send(new PostToConnectionCommand({ ConnectionId: id, Data: 'x' }));
    await eventually(() => client.frames.length === 1);
  });

  test('a gone connection is GoneException with status 410, for every command', async () => {
    const { gateway, client, id } = await connected();
    client.socket.close();
    await eventually(() => gateway.connections === 0);
    for (const command of [
      new PostToConnectionCommand({ ConnectionId: id, Data: 'x' }),
      new GetConnectionCommand({ ConnectionId: id }),
      new DeleteConnectionCommand({ ConnectionId: id }),
      new PostToConnectionCommand({ ConnectionId: 'never-was/100%', Data: 'x' }),
    ]) {
      const failure = await sdk(gateway)
        .send(command as PostToConnectionCommand)
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'GoneException', $metadata: { httpStatusCode: 410 } });
    }
  });

  test('GetConnection tells who is there since when', async () => {
    const { gateway, client, id } = await connected();
    const before = await sdk(gateway).send(new GetConnectionCommand({ ConnectionId: id }));
    expect(before).toMatchObject({ Identity: { SourceIp: '127.0.0.1', UserAgent: 'me' } });
    expect(before.ConnectedAt?.getTime()).toBe(rig.events()[0]?.requestContext.connectedAt);
    client.socket.send('x');
    await eventually(async () => {
      const now = await sdk(gateway).send(new GetConnectionCommand({ ConnectionId: id }));
      return (now.LastActiveAt?.getTime() ?? 0) > (before.LastActiveAt?.getTime() ?? 0);
    });
  });

  test('DeleteConnection closes the socket, and $disconnect follows', async () => {
    const { gateway, client, id } = await connected();
    const answer = await sdk(gateway).send(new DeleteConnectionCommand({ ConnectionId: id }));
    expect(answer.$metadata.httpStatusCode).toBe(204);
    expect(await client.closed).toEqual({ code: 1000, reason: 'Connection Closed Normally' });
    await eventually(() => rig.lines.length === 2);
    expect(rig.events()[1]).toMatchObject({
      requestContext: { routeKey: '$disconnect', connectionId: id, disconnectStatusCode: 1000 },
    });
  });

  test('more than 128 KB is PayloadTooLargeException, exactly 128 KB is sent', async () => {
    const { gateway, client, id } = await connected();
    const post = (length: number) =>
      sdk(gateway).send(new PostToConnectionCommand({ ConnectionId: id, Data: Buffer.alloc(length, 'x') }));
    await expect(post(128 * 1024 + 1)).rejects.toMatchObject({
      name: 'PayloadTooLargeException',
      $metadata: { httpStatusCode: 413 },
    });
    await post(128 * 1024);
    await eventually(() => client.frames.length === 1);
    expect(client.frames[0]).toHaveLength(128 * 1024);
  });

  test('more calls than the quota are LimitExceededException', async () => {
    const { gateway, id } = await connected({ requestsPerSecond: 3 });
    const client = sdk(gateway);
    const calls = Array.from({ length: 8 }, () =>
      client.send(new PostToConnectionCommand({ ConnectionId: id, Data: 'x' })),
    );
    const failures = (await Promise.allSettled(calls)).flatMap((call) =>
      call.status === 'rejected' ? [call.reason as unknown] : [],
    );
    expect(failures.length).toBeGreaterThanOrEqual(4);
    expect(failures[0]).toMatchObject({ name: 'LimitExceededException', $metadata: { httpStatusCode: 429 } });
  });
});

test('a call without a signature is 403', async () => {
  const { gateway, client, id } = await connected();
  for (const headers of [{}, { authorization: 'Bearer t' }] as Record<string, string>[]) {
    const answer = await fetch(url(gateway, id), { method: 'POST', body: 'x', headers });
    expect([answer.status, answer.headers.get('x-amzn-errortype'), await answer.json()]).toEqual([
      403,
      'ForbiddenException',
      { message: 'Missing Authentication Token' },
    ]);
  }
  expect(client.frames).toEqual([]);
});

test('a call from a page is 403, signed or not', async () => {
  const { gateway, id } = await connected();
  const answer = await fetch(url(gateway, id), {
    method: 'POST',
    body: 'x',
    headers: { ...SIGNED, origin: 'https://a.example' },
  });
  expect(answer.status).toBe(403);
});

test('the public port has no callback API', async () => {
  const { gateway, id } = await connected();
  const answer = await fetch(`http://127.0.0.1:${gateway.port}/@connections/${id}`, {
    method: 'POST',
    body: 'x',
    headers: SIGNED,
  });
  expect(answer.status).toBe(404);
});

test('another method is 405, another address 404', async () => {
  const { gateway, id } = await connected();
  expect((await fetch(url(gateway, id), { method: 'PUT', headers: SIGNED })).status).toBe(405);
  expect((await fetch(`http://127.0.0.1:${gateway.managementPort}/other`, { headers: SIGNED })).status).toBe(404);
});

test('bytes that are no UTF-8 are sent as text all the same', async () => {
  const { gateway, client, id } = await connected();
  await fetch(url(gateway, id), { method: 'POST', body: Buffer.from([0x61, 0xff]), headers: SIGNED });
  await eventually(() => client.frames.length === 1);
  expect(client.frames).toEqual(['a\ufffd']);
});

test('posts to one connection arrive in the order of the calls', async () => {
  const { gateway, client, id } = await connected();
  for (let n = 0; n < 200; n++) await fetch(url(gateway, id), { method: 'POST', body: String(n), headers: SIGNED });
  await eventually(() => client.frames.length === 200);
  expect(client.frames).toEqual(Array.from({ length: 200 }, (_, n) => String(n)));
});

test('a reader too slow for the bound is closed with 1008, and further posts are 410', async () => {
  const { gateway, client, id } = await connected({ maxBufferedBytes: 500_000 });
  client.socket.pause();
  const body = 'x'.repeat(100_000);
  const statuses: number[] = [];
  // The system's own socket buffers take several megabytes first.
  for (let i = 0; i < 300 && !statuses.includes(410); i++) {
    statuses.push((await fetch(url(gateway, id), { method: 'POST', body, headers: SIGNED })).status);
  }
  expect(statuses.at(-1)).toBe(410);
  expect((await fetch(url(gateway, id), { method: 'POST', body: 'x', headers: SIGNED })).status).toBe(410);
  // It reads nothing, so it is cut off.
  await eventually(() => gateway.connections === 0, { timeoutMs: 5000 });
  client.socket.resume();
  expect([1006, 1008]).toContain((await client.closed).code);
});

test('the rate of posts', async () => {
  const { gateway, client, id } = await connected();
  const pool = new Pool(`http://127.0.0.1:${gateway.managementPort}`, { connections: 16 });
  rig.closeLater(() => pool.close());
  const path = `/@connections/${encodeURIComponent(id)}`;
  const body = JSON.stringify({ e: 'd', s: 'TEST', b: Array.from({ length: 10 }, (_, i) => [100 - i, 5]) });
  const calls = 3_000;
  let left = calls;
  const before = process.cpuUsage();
  const began = performance.now();
  const work = async () => {
    while (left-- > 0) {
      const { statusCode, body: answer } = await pool.request({ method: 'POST', path, body, headers: SIGNED });
      await answer.dump();
      expect(statusCode).toBe(200);
    }
  };
  await Promise.all(Array.from({ length: 64 }, work));
  const seconds = (performance.now() - began) / 1000;
  const cpu = process.cpuUsage(before);
  await eventually(() => client.frames.length === calls);
  const cpuMs = Math.round((cpu.user + cpu.system) / 1000);
  process.stdout.write(
    `posts: ${Math.round(calls / seconds)}/s; ${Math.round((cpuMs * 1000) / calls)} µs of CPU a post for caller, gateway and WebSocket client in one process\n`,
  );
});
