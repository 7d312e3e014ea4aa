import { isFree, PortBlock } from '../supervisor/port-block.js';

const PARTS = [
  'valkeyDepth',
  'valkeyBackup',
  'kinesis',
  'dynamodb',
  's3',
  'auth',
  'connections',
  'engineMetrics',
  'engineGrpc',
  'streamerMetrics',
] as const;

/** A port of the loopback for every server; they stay the same for one run. `public` is the one people use. */
export type Ports = Readonly<Record<(typeof PARTS)[number] | 'public', number>>;

/** Another program listens on the public port. */
export class PortTakenError extends Error {
  constructor(port: number) {
    const other = port < 65_535 ? port + 1 : port - 1;
    super(
      `Port ${port} is in use by another program.\n` +
        `Take another one:        npm start -- --port ${other}\n` +
        `Or see who has it:       lsof -nP -iTCP:${port} -sTCP:LISTEN`,
    );
    this.name = 'PortTakenError';
  }
}

/** @throws PortTakenError */
export async function choosePorts(publicPort: number): Promise<{ ports: Ports; release: () => void }> {
  if (publicPort !== 0 && !(await isFree(publicPort))) throw new PortTakenError(publicPort);
  const block = await PortBlock.reserve();
  const ports: Record<string, number> = { public: publicPort === 0 ? await block.take() : publicPort };
  for (const part of PARTS) ports[part] = await block.take();
  return { ports: ports as Ports, release: () => block.release() };
}
