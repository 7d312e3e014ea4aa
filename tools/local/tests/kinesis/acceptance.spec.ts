import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { consumerCases } from './cases/consumers.js';
import { protocolCases } from './cases/protocol.js';
import { recordCases } from './cases/records.js';
import { shardCases } from './cases/shards.js';
import { streamCases } from './cases/streams.js';
import { Bench } from './support/bench.js';
import { kinesisClient } from './support/clients.js';
import { removeFolders } from './support/own-server.js';
import { SERVERS, type RunningServer, type ServerName } from './support/servers.js';

const cases = [...streamCases, ...recordCases, ...shardCases, ...consumerCases, ...protocolCases];
const names = Object.keys(SERVERS) as ServerName[];
/** Comparisons that were made, by operation and server. */
const compared = new Map<string, number>();
const cell = (operation: string, server: ServerName): string => `${operation} | ${server}`;

afterAll(removeFolders);

describe.each(names)('%s', (name) => {
  let server: RunningServer;
  let client: KinesisClient;
  let bench: Bench;

  beforeAll(async () => {
    server = await SERVERS[name].start();
    client = kinesisClient(server.endpoint, SERVERS[name].protocol);
    bench = new Bench(client, server.endpoint);
  });

  afterAll(async () => {
    client.destroy();
    await server.stop();
  });

  for (const { operation, does, run, skip } of cases) {
    const reason = skip?.[name];
    if (reason !== undefined) {
      test.skip(`${operation} ${does} (${reason})`, () => undefined);
      continue;
    }
    test(`${operation} ${does}`, async () => {
      expect.hasAssertions();
      await run(bench);
      const { assertionCalls } = expect.getState();
      compared.set(cell(operation, name), (compared.get(cell(operation, name)) ?? 0) + assertionCalls);
    });
  }
});

describe('the suite', () => {
  const operations = [...new Set(cases.map(({ operation }) => operation))];

  test('compares every operation with another server, and at least ten with kinesalite', () => {
    process.stdout.write(`${table(operations)}\n`);
    const ranOn = (server: ServerName) => operations.filter((operation) => compared.has(cell(operation, server)));
    expect(ranOn('ours, HTTP/1.1')).toEqual(operations);
    expect(ranOn('ours, HTTP/2')).toEqual(operations);
    expect(ranOn('kinesis-local')).toEqual(operations);
    expect(ranOn('kinesalite').length).toBeGreaterThanOrEqual(10);
    expect([...compared.values()].filter((count) => count === 0)).toEqual([]);
  });

  test('skips nothing on our own server', () => {
    const skipped = cases.flatMap(({ skip }) => Object.keys(skip ?? {})).filter((name) => name.startsWith('ours'));
    expect(skipped).toEqual([]);
  });
});

/** Operation × server: comparisons made, and the reasons of what was left out. */
function table(operations: readonly string[]): string {
  const reasons: string[] = [];
  const rows = operations.map((operation) => {
    const cells = names.map((name) => {
      const count = compared.get(cell(operation, name));
      const skips = new Set(cases.filter((one) => one.operation === operation).map((one) => one.skip?.[name]));
      skips.delete(undefined);
      for (const reason of skips) reasons.push(`  ${operation} on ${name}: ${reason}`);
      return `${count === undefined ? 'none' : `${count} checks`}${skips.size > 0 ? ' *' : ''}`;
    });
    return [operation, ...cells];
  });
  const widths = [32, ...names.map((name) => Math.max(name.length, 12))];
  const line = (row: readonly string[]) => row.map((text, index) => text.padEnd(widths[index] ?? 0)).join('  ');
  return ['', line(['operation', ...names]), ...rows.map(line), '* skipped in part or whole:', ...reasons, ''].join(
    '\n',
  );
}
