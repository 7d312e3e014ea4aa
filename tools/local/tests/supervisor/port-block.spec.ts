import { createServer, type Server } from 'node:net';
import { isFree, PortBlock } from '../../src/supervisor/port-block.js';

const blocks: PortBlock[] = [];
const servers: Server[] = [];

async function reserve(): Promise<PortBlock> {
  const block = await PortBlock.reserve();
  blocks.push(block);
  return block;
}

const listen = (port: number) =>
  new Promise<void>((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', resolve);
    servers.push(server);
  });

const takeAll = async (block: PortBlock): Promise<number[]> => {
  const ports: number[] = [];
  for (let i = 0; i < 20; i += 1) ports.push(await block.take());
  return ports;
};

afterEach(() => {
  for (const block of blocks.splice(0)) block.release();
  for (const server of servers.splice(0)) server.close();
});

test('gives free ports below those of outgoing connections', async () => {
  const ports = await takeAll(await reserve());
  expect(new Set(ports).size).toBe(20);
  expect(Math.min(...ports)).toBeGreaterThan(20_000);
  expect(Math.max(...ports)).toBeLessThan(32_768);
  expect(await Promise.all(ports.map(isFree))).toEqual(ports.map(() => true));
});

test('two that start side by side share no port', async () => {
  const taken = await Promise.all(Array.from({ length: 8 }, async () => takeAll(await reserve())));
  expect(new Set(taken.flat()).size).toBe(160);
});

test('leaves out a port on which somebody listens, and says when there are no more', async () => {
  const block = await reserve();
  const first = await block.take();
  await listen(first + 1);
  expect(await block.take()).toBe(first + 2);
  const all = Array.from({ length: 40 }, () => 0).reduce(async (before) => {
    await before;
    await block.take();
  }, Promise.resolve());
  await expect(all).rejects.toThrow(/used up/);
});
