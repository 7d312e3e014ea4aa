import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { eventually, freePort } from '@supernoba/testing';
import { startKinesisServer } from '../../../src/kinesis/index.js';
import { lineOf, startChild } from './child.js';
import { newFolder } from './own-server.js';

/** A child whose stdin closes has lost the test run. */
const ENDS_WITH_US = `process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL')).resume();`;
const require_ = createRequire(__filename);

/** A Kinesis server that the acceptance cases run against. */
export interface RunningServer {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export const SERVERS = {
  'ours, HTTP/1.1': { protocol: 'http1', start: startOwn },
  'ours, HTTP/2': { protocol: 'http2', start: startOwn },
  'kinesis-local': { protocol: 'http1', start: startKinesisLocal },
  kinesalite: { protocol: 'http1', start: startKinesalite },
} as const;

export type ServerName = keyof typeof SERVERS;

async function startOwn(): Promise<RunningServer> {
  const server = await startKinesisServer({ dataDir: newFolder(), transitionMs: 20, takeoverMs: 300 });
  return { endpoint: server.endpoint, stop: () => server.close() };
}

async function startKinesalite(): Promise<RunningServer> {
  const script = `${ENDS_WITH_US}
    const server = require(${JSON.stringify(require_.resolve('kinesalite'))})({
      createStreamMs: 20, updateStreamMs: 20, deleteStreamMs: 20, shardLimit: 500 });
    server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port));`;
  const child = startChild(['-e', script], { AWS_REGION: 'ap-northeast-2' });
  const port = await lineOf(child, (line) => /^port (\d+)$/.exec(line)?.[1], 20_000);
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => child.kill() };
}

/** Does not end on SIGTERM, so it is killed. */
async function startKinesisLocal(): Promise<RunningServer> {
  const port = await freePort();
  const durations = ['CREATE_STREAM', 'DELETE_STREAM', 'REGISTER_STREAM_CONSUMER', 'DEREGISTER_STREAM_CONSUMER'];
  const updates = ['MERGE_SHARDS', 'SPLIT_SHARD', 'UPDATE_SHARD_COUNT'];
  const folder = dirname(require_.resolve('kinesis-local/package.json'));
  const child = startChild(['-e', `${ENDS_WITH_US} require(${JSON.stringify(join(folder, 'main.js'))});`], {
    KINESIS_MOCK_PLAIN_PORT: String(port),
    KINESIS_MOCK_TLS_PORT: String(await freePort()),
    AWS_REGION: 'ap-northeast-2',
    KINESIS_MOCK_CERT_PATH: join(folder, 'server.json'),
    SHARD_LIMIT: '500',
    LOG_LEVEL: 'ERROR',
    ...Object.fromEntries([...durations, ...updates].map((name) => [`${name}_DURATION`, '20ms'])),
  });
  const endpoint = `http://127.0.0.1:${port}`;
  child.process.stdout?.resume();
  await eventually(() => fetch(`${endpoint}/healthcheck`).then(() => true), { timeoutMs: 30_000 });
  return { endpoint, stop: () => child.kill() };
}
