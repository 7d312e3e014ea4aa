import { DeleteItemCommand, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { OrderLoad, unaccounted } from '@supernoba/audit/load';
import { auditExchange, auditSettings, localEnvironment } from '@supernoba/audit/stores';
import { STREAMS, TABLES, type FillEvent } from '@supernoba/protocol';
import { tempDir } from '@supernoba/testing';
import { createKeys } from '@supernoba/valkey-keys';
import { readEvents } from './events.js';
import { startStack, type Stack } from './stack.js';

const BATCHES = 50;
const seed = Number(process.env['E2E_SEED'] ?? 20_261_127);
const never = new AbortController().signal;
const say = (message: string) => process.stdout.write(`e2e: audit: ${message}\n`);

let stack: Stack;
beforeAll(async () => {
  stack = await startStack(tempDir('supernoba-e2e-audit-'));
});
afterAll(() => stack.stop());

function auditStack(waitMs: number) {
  const settings = auditSettings(localEnvironment(stack.endpoints));
  return auditExchange(settings, { waitMs, isDrained: waitMs > 0, signal: never, say });
}

test(`the audit of a whole exchange compares every store and finds no difference (seed ${seed})`, async () => {
  const { http, tokens } = stack.endpoints;
  const symbols = ['TEST', 'BTCUSD'];
  const load = new OrderLoad({ http, tokens: () => [tokens.alice, tokens.bob], symbols, seed }, never);
  for (let batch = 0; batch < BATCHES; batch++) await load.send();
  await load.close();
  const { report, held } = await auditStack(60_000);
  expect(report).toMatchObject({
    differences: [],
    counts: { recordsPending: 0, tradeRowsBehind: 0, orderRowsBehind: 0 },
  });
  expect(unaccounted(load.accepted, held)).toEqual([]);
  const { counts } = report;
  expect(counts.archivedRecordsCompared).toBe(counts.records);
  expect(counts.orders).toBeGreaterThan(100);
  expect(counts.fills).toBeGreaterThan(50);
  expect(counts.rowsCompared).toBe(counts.fills);
  expect(counts).toMatchObject({ depthsCompared: 2, tickersCompared: 2 });
  for (const metric of ['orderRowsCompared', 'candlesCompared', 'snapshotsCompared'] as const) {
    expect({ metric, compared: counts[metric] > 0 }).toEqual({ metric, compared: true });
  }
}, 100_000);

test('a deleted trade row, a changed candle and a doubled fill are each found in a real store', async () => {
  // Not the last one, which could be on its way.
  const first = { pk: { S: 'TEST#1' }, trade_no: { N: '1' } };
  const { Item } = await stack.dynamo.send(new GetItemCommand({ TableName: TABLES.tradeHistory.name, Key: first }));
  const { pk, trade_no, trade_id } = Item!;
  const Key = { pk: pk!, trade_no: trade_no! };
  await stack.dynamo.send(new DeleteItemCommand({ TableName: TABLES.tradeHistory.name, Key }));

  // Of another trade: its consumer writes the row of the one it is given.
  const [, fill] = await readEvents<FillEvent>(stack.kinesis, STREAMS.fills.name, 'TEST');
  const doubled = JSON.stringify({ ...fill, seq: 1_000_000 });
  const record = { StreamName: STREAMS.fills.name, PartitionKey: 'TEST', Data: Buffer.from(doubled) };
  await stack.kinesis.send(new PutRecordCommand(record));

  // The minute may have ended meanwhile: then its candle is the one in the list.
  const keys = createKeys();
  const closed = await stack.depthCache.lindex(keys.closedCandles('TEST'), -1);
  if (closed === null) await stack.depthCache.hincrby(keys.candle('TEST'), 'v', 1);
  else await stack.depthCache.lset(keys.closedCandles('TEST'), -1, closed.replace(/"o":\d+/, '"o":1'));

  const { report } = await auditStack(0);
  const found = report.differences.map(({ store, message }) => `${store}: ${message}`);
  expect(found).toEqual(
    expect.arrayContaining([
      expect.stringMatching(new RegExp(`^trade_history: trade ${trade_id!.S}\\n[^]*\\(nothing\\)$`)),
      expect.stringMatching(/^fills stream: event 1000000 of TEST\n/),
      expect.stringMatching(/^depth cache: (open candle|closed candle \d+) of TEST/),
    ]),
  );
});
