import { isAnswer, isFinal, orderKey, type OrderStatusEvent } from '@supernoba/protocol';
import { audit, type AuditReport } from '../src/index.js';
import { journalOf, storesOf, type Stores } from './support/exchange.js';

const journal = journalOf(20_261_127, 240, ['TEST', 'BTCUSD']);
let stores: Stores;
beforeEach(() => {
  stores = storesOf(journal);
});

const testData = () => stores.marketData.get('TEST')!;

function expectOne(report: AuditReport, store: string, text: RegExp): void {
  expect(report.differences).toEqual([{ store, message: expect.stringMatching(text) }]);
  expect(report.differencesFound).toBe(1);
}

test('an exchange whose stores hold what the journal gives has no difference, and everything was compared', () => {
  const { counts, differences, notComparable } = audit(stores);
  expect({ differences, notComparable }).toEqual({ differences: [], notComparable: {} });
  expect(counts).toMatchObject({ records: 240, archivedRecordsCompared: 240, deadLettersCompared: 1 });
  expect(counts).toMatchObject({ depthsCompared: 2, tickersCompared: 2, snapshotsCompared: 2, recordsPending: 0 });
  expect(counts.fills).toBeGreaterThan(50);
  expect(counts).toMatchObject({ rowsCompared: counts.fills, tradeRowsBehind: 0 });
  expect(counts.candlesCompared).toBeGreaterThan(8);
});

test.each<[name: string, tamper: () => void, store: string, text: RegExp]>([
  ['a deleted trade row', () => stores.tradeRows.splice(3, 1), 'trade_history', /trade \S+\n[^]*\(nothing\)$/],
  ['a trade row too many', () => stores.tradeRows.push({ trade_id: 'TEST-999999' }), 'trade_history', /TEST-999999/],
  ['a second row of a trade', () => stores.tradeRows.push({ ...stores.tradeRows[0]! }), 'trade_history', /two rows/],
  ['a changed trade row', () => (stores.tradeRows[2]!['price'] = 1), 'trade_history', /"price":1,/],
  ['a lost fill', () => stores.fills[0]!.splice(4, 1), 'fills stream', /\(nothing\)$/],
  ['a changed fill', () => changeText(stores.fills[0]![4]!), 'fills stream', /"price":1,/],
  ['a lost status', () => stores.statuses[0]!.pop(), 'status stream', /\(nothing\)$/],
  ['a changed depth', () => (testData().depth = '{"e":"d"}'), 'depth cache', /depth of TEST/],
  ['a missing ticker', () => (testData().ticker = undefined), 'depth cache', /ticker of TEST/],
  ['a changed open candle', () => (testData().candle['v'] = '1'), 'depth cache', /open candle of TEST/],
  [
    'a lost closed candle',
    () => testData().closed.splice(1, 1),
    'depth cache',
    /closed candle \d+ of TEST[^]*\(nothing\)$/,
  ],
  ['a lost trade of the list', () => testData().trades.shift(), 'depth cache', /newest trades of TEST/],
  ['a snapshot of other bytes', () => (stores.snapshots[0]!.actualSha256 = 'x'), 'snapshots', /sha256 of the object/],
  ['a snapshot of a wrong book', () => (stores.snapshots[0]!.sha256 = 'x'), 'snapshots', /sha256 of/],
  ['a snapshot from nowhere', () => (stores.snapshots[0]!.position = '7'), 'snapshots', /no such record/],
  ['a lost dead letter', () => stores.deadLetterRows.pop(), 'dead_letters', /NOT_JSON[^]*\(nothing\)$/],
  ['a record that the archive lacks', () => stores.shards[0]!.archive.splice(9, 1), 'journal archive', /lacks/],
])('%s is found and told in full', (_name, tamper, store, text) => {
  tamper();
  expectOne(audit(stores), store, text);
});

function changeText(event: { text: string }): void {
  event.text = event.text.replace(/"price":\d+,/, '"price":1,');
}

test('rows behind the last one of a symbol are on their way, and counted', () => {
  const numberOf = (row: Record<string, unknown>) => Number(row['trade_no']);
  const ofTest = stores.tradeRows.filter(({ symbol }) => symbol === 'TEST').map(numberOf);
  const last = Math.max(...ofTest);
  stores.tradeRows = stores.tradeRows.filter((row) => row['symbol'] !== 'TEST' || numberOf(row) <= last - 3);
  expect(audit(stores)).toMatchObject({ differencesFound: 0, counts: { tradeRowsBehind: 3 } });
  stores.checkpointsAt = journal.at(-1)!.arrivalMs + 700_000;
  expect(audit(stores)).toMatchObject({ differencesFound: 3, counts: { tradeRowsBehind: 0 } });
});

test('a doubled fill under a number of its own is found; a byte-equal repeat is what consumers drop', () => {
  const [fills] = stores.fills;
  fills!.push({ ...fills![2]! });
  expect(audit(stores)).toMatchObject({ differencesFound: 0, counts: { eventRepeats: 1 } });
  fills!.push({ ...fills![2]!, seq: 999_999, text: fills![2]!.text.replace(/"seq":\d+/, '"seq":999999') });
  expectOne(audit(stores), 'fills stream', /event 999999 of \w+\n {2}the journal gives {2}\(nothing\)/);
});

test('an event that comes after a later one for the first time is found', () => {
  const [fills] = stores.fills;
  const [first, second] = fills!.filter(({ symbol }) => symbol === 'TEST');
  const at = fills!.indexOf(first!);
  fills!.splice(at, 1);
  fills!.splice(fills!.indexOf(second!) + 1, 0, first!);
  expectOne(audit(stores), 'fills stream', /for the first time after event/);
});

test('market data that lags behind what was acknowledged is found', () => {
  const earlier = storesOf(journal.slice(0, 120));
  stores.marketData = earlier.marketData;
  const { differences } = audit(stores);
  expect(differences.map(({ store }) => store)).toEqual(['depth cache', 'depth cache']);
  expect(differences[0]!.message).toMatch(/state \d+ or later/);
});

test('while an exchange runs, stores may be anywhere between the checkpoint and the tip', () => {
  const running = storesOf(journal.slice(0, 200));
  const [shard] = running.shards;
  shard!.publishedTo = journal[150]!.sequenceNumber;
  shard!.stream = [...journal];
  const report = audit(running);
  expect(report.differences).toEqual([]);
  expect(report.counts.recordsPending).toBe(240 - 151);
  expect(report.counts.notComparable).toBeGreaterThan(0);
});

test('what the streams have forgotten is counted as not comparable, what they must still have is missed', () => {
  const since = journal[100]!.arrivalMs;
  const before = stores.statuses[0]!.length;
  stores.statuses[0] = stores.statuses[0]!.filter(
    ({ text }) => (JSON.parse(text) as { timestamp: number }).timestamp >= since,
  );
  stores.eventsKeptSince = since;
  const { counts, notComparable, differences } = audit(stores);
  expect(differences).toEqual([]);
  expect(notComparable['status stream: older than its retention']).toBe(before - counts.statuses);
  stores.eventsKeptSince = journal[50]!.arrivalMs;
  expect(audit(stores).differencesFound).toBeGreaterThan(0);
});

test('archive and stream make one journal, whichever of them has forgotten its beginning', () => {
  stores.shards[0]!.stream = [...journal.slice(90)];
  expect(audit(stores)).toMatchObject({ differencesFound: 0, counts: { records: 240, archivedRecordsCompared: 150 } });
  stores.shards[0]!.stream = [...journal];
  stores.shards[0]!.archive = [...journal.slice(90)];
  expect(audit(stores)).toMatchObject({
    differencesFound: 0,
    counts: { records: 240 },
    notComparable: { 'records from before the archive began': 90 },
  });
});

test('after a split, each child goes on with the symbols of its hash range', () => {
  const [parent] = stores.shards;
  const cut = 2n ** 126n;
  const child = (id: string, from: bigint, to: bigint) => ({
    ...parent!,
    shardId: id,
    parents: ['shard-0'],
    startingHashKey: String(from),
    endingHashKey: String(to),
  });
  const late = journal.slice(120);
  // md5('TEST') is 033b…, md5('BTCUSD') 7fb8….
  const of = (symbol: string) => late.filter(({ partitionKey }) => partitionKey === symbol);
  const parts = { lower: of('TEST'), upper: of('BTCUSD') };
  const before = journal.slice(0, 120);
  stores.shards = [
    { ...child('shard-1', 0n, cut - 1n), archive: parts.lower, stream: parts.lower },
    { ...child('shard-2', cut, 2n ** 128n - 1n), archive: parts.upper, stream: parts.upper },
    { ...parent!, archive: before, stream: before },
  ];
  expect(audit(stores).differences).toEqual([]);
});

test('a row of order_history is a state of its order; one that lags is counted, a changed one is found', () => {
  const events = stores.statuses[0]!.map(({ text }) => JSON.parse(text) as OrderStatusEvent);
  const states = events.filter(({ status, order_id }) => !isAnswer(status) && order_id === events[0]!.order_id);
  const rowOf = ({ timestamp, event: _event, ...state }: OrderStatusEvent): Record<string, unknown> => ({
    ...state,
    pk: orderKey(state.symbol, state.order_id),
    updated_at: timestamp,
    ...(isFinal(state.status) ? {} : { open_key: 'x' }),
  });
  const orders = new Set(
    events.filter(({ status }) => !isAnswer(status)).map(({ symbol, order_id }) => symbol + order_id),
  );
  stores.orderRows = [rowOf(states.at(-1)!)];
  expect(audit(stores)).toMatchObject({
    differencesFound: 0,
    counts: { orderRowsCompared: 1, orderRowsBehind: orders.size - 1 },
  });
  stores.orderRows = [{ ...rowOf(states.at(-1)!), filled: 999 }];
  expectOne(audit(stores), 'order_history', /"filled":999/);
});
