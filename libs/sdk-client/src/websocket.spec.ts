import { WebSocket as NodeWebSocket } from 'ws';
import { findWebSocket } from './websocket.js';

const holder = globalThis as { WebSocket?: unknown };
const own = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket');

afterEach(() => {
  jest.resetModules();
  jest.dontMock('ws');
  if (own) Object.defineProperty(globalThis, 'WebSocket', own);
  else delete holder.WebSocket;
});

function runtimeHas(WebSocket: unknown): void {
  Object.defineProperty(globalThis, 'WebSocket', { value: WebSocket, configurable: true, writable: true });
}

test('a class that is passed is taken before any other', async () => {
  runtimeHas(class {});
  await expect(findWebSocket(NodeWebSocket)).resolves.toBe(NodeWebSocket);
});

test("the runtime's own is taken before the package ws", async () => {
  class Own {}
  runtimeHas(Own);
  await expect(findWebSocket(undefined)).resolves.toBe(Own);
});

test('a runtime without one gets that of the package ws', async () => {
  runtimeHas(undefined);
  const found = await findWebSocket(undefined);
  // Another copy of the module, for jest forgets it between tests: its own mark tells.
  expect(found.prototype).toHaveProperty('terminate');
});

test('with none at all, the error says what to install', async () => {
  runtimeHas(undefined);
  jest.doMock('ws', () => {
    throw new Error("Cannot find module 'ws'");
  });
  await expect(findWebSocket(undefined)).rejects.toMatchObject({
    code: 'NO_WEBSOCKET',
    retryable: false,
    message: expect.stringContaining("install the package 'ws'"),
  });
});
