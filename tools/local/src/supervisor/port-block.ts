import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

// Below the range from which systems take the ports of outgoing connections (32768 on Linux, 49152 elsewhere): the port
// of a part that is down for a moment is not taken by somebody's connection, least of all by one to that very part.
const FIRST_PORT = 20_000;
const LAST_PORT = 32_767;
const BLOCK = 32;
const BLOCKS = Math.floor((LAST_PORT + 1 - FIRST_PORT) / BLOCK);

/**
 * Free ports of the loopback for the life of one exchange. The first port of the block is held open, so that two
 * exchanges that start side by side never choose the same.
 */
export class PortBlock {
  private next: number;

  private constructor(
    private readonly guard: Server,
    private readonly first: number,
  ) {
    this.next = first + 1;
  }

  static async reserve(): Promise<PortBlock> {
    const offset = randomInt(BLOCKS);
    for (let i = 0; i < BLOCKS; i += 1) {
      const first = FIRST_PORT + ((offset + i) % BLOCKS) * BLOCK;
      const guard = await tryListen(first);
      if (guard) {
        guard.unref();
        return new PortBlock(guard, first);
      }
    }
    throw new Error(`no block of ${BLOCK} ports between ${FIRST_PORT} and ${LAST_PORT} is free`);
  }

  /** A port of the block on which nothing listens. */
  async take(): Promise<number> {
    while (this.next < this.first + BLOCK) {
      const port = this.next++;
      if (await isFree(port)) return port;
    }
    throw new Error(`the ${BLOCK} ports from ${this.first} on are used up`);
  }

  release(): void {
    this.guard.close();
  }
}

/** Whether a server could listen on this port of the loopback now. */
export async function isFree(port: number): Promise<boolean> {
  const server = await tryListen(port);
  if (server === undefined) return false;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return true;
}

function tryListen(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
