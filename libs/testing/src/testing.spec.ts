import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { eventually, freePort, startValkey, tempDir } from './index.js';

const connects = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

test('a started Valkey answers, and is gone after stop', async () => {
  const valkey = await startValkey();
  expect(await connects(valkey.port)).toBe(true);
  await valkey.stop();
  expect(await connects(valkey.port)).toBe(false);
});

test('a free port can be listened on, and a temporary folder exists', async () => {
  expect(await freePort()).toBeGreaterThan(1023);
  expect(existsSync(tempDir())).toBe(true);
});

test('eventually waits for a value and hands on the last failure', async () => {
  let tries = 0;
  expect(await eventually(() => (++tries === 3 ? 'here' : undefined), { everyMs: 1 })).toBe('here');
  await expect(
    eventually(
      () => {
        throw new Error('never');
      },
      { timeoutMs: 20, everyMs: 1 },
    ),
  ).rejects.toThrow('never');
});
