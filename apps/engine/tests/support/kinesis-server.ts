import { tempDir } from '@supernoba/testing';
import { buildSync } from 'esbuild';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';

/** What a test may change of the local stack's Kinesis server. */
export interface KinesisOptions {
  /** Enforce the rates of the real service. */
  limits?: boolean;
  /** Life of an iterator, of a subscription, and how long one is safe from being taken over, ms. */
  tokenMs?: number;
  subscriptionMs?: number;
  takeoverMs?: number;
}

export interface KinesisServer {
  endpoint: string;
  stop(): Promise<void>;
}

/** Tests of an app may not import a tool: the server is bundled, once a test file, and runs as a process of its own. */
let bundle: string | undefined;

function serverBundle(): string {
  if (bundle !== undefined) return bundle;
  const index = resolve('../../tools/local/src/kinesis/index.ts');
  bundle = join(tempDir('engine-kinesis-'), 'server.cjs');
  const contents = `import { startKinesisServer } from ${JSON.stringify(index)};
    startKinesisServer(JSON.parse(process.argv[2])).then(({ endpoint }) => console.log(endpoint));
    process.stdin.on('end', () => process.exit(0)).resume();`;
  buildSync({
    stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    platform: 'node',
    conditions: ['@supernoba/source'],
    outfile: bundle,
  });
  return bundle;
}

/** It ends with `stop()`, or with this process, however that ends. */
export async function startKinesis(options: KinesisOptions = {}): Promise<KinesisServer> {
  const settings = JSON.stringify({ ...options, dataDir: tempDir('engine-journal-') });
  const child = spawn(process.execPath, [serverBundle(), settings], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    endpoint: line.toString().trim(),
    async stop() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}
