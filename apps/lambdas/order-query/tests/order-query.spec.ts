import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { HttpAnswer } from '@supernoba/edge';
import {
  answerOf,
  createIssuer,
  httpApiEvent,
  refusalOf,
  restEvent,
  startDynamo,
  type TestDynamo,
  type TestIssuer,
} from '@supernoba/edge/testing';
import { createOrderReader, createOrderWriter, createTradeReader, foldOrders } from '@supernoba/history';
import {
  TABLES,
  tradeId,
  tradeKeys,
  type FillsAnswer,
  type OrdersAnswer,
  type OrderState,
  type OrderStatusEvent,
} from '@supernoba/protocol';
import { createHandler } from '../src/handler.js';

let dynamo: TestDynamo;
let issuer: TestIssuer;
let handler: ReturnType<typeof createHandler>;
let alice: string;
let bob: string;
const START = 1_733_896_438_000;

const newHandler = (orders = 'order_history', trades = 'trade_history') => {
  const at = (name: string) => ({ dynamo: () => Promise.resolve(dynamo.client), name });
  return createHandler({
    verify: issuer.verify,
    orders: createOrderReader(at(orders)),
    trades: createTradeReader(at(trades)),
    corsOrigins: [],
    log: () => undefined,
  });
};

beforeAll(async () => {
  [dynamo, issuer] = await Promise.all([startDynamo(TABLES.orderHistory, TABLES.tradeHistory), createIssuer()]);
  handler = newHandler();
  [alice, bob] = await Promise.all([issuer.token('alice'), issuer.token('bob')]);
  const events = Array.from({ length: 12 }, (_, i): OrderStatusEvent => {
    const isOpen = i % 2 === 0;
    return {
      event: 'ORDER_STATUS',
      symbol: i < 8 ? 'TEST' : 'OTHER',
      seq: i + 1,
      n: i + 1,
      order_id: `o-${i}`,
      user_id: 'alice',
      status: isOpen ? 'ACCEPTED' : 'CANCELLED',
      timestamp: START + i,
      is_buy: true,
      order_type: 'LIMIT',
      price: 100,
      quantity: 5,
      filled: 0,
      open: isOpen ? 5 : 0,
    };
  });
  const writer = createOrderWriter({ dynamo: () => Promise.resolve(dynamo.client), name: 'order_history' });
  expect(await writer.write(foldOrders(events))).toEqual([]);
  for (let no = 1; no <= 5; no++) {
    const keys = tradeKeys('TEST', { tradeNo: no, timestamp: START + no, buyerUserId: 'alice', sellerUserId: 'bob' });
    const row = {
      ...keys,
      symbol: 'TEST',
      trade_id: tradeId('TEST', no),
      seq: 10 * no,
      timestamp: START + no,
      price: 100,
      quantity: no,
      taker_is_buy: false,
      buyer_order_id: `o-${no}`,
      buyer_user_id: 'alice',
      seller_order_id: `s-${no}`,
      seller_user_id: 'bob',
    };
    await dynamo.client.send(new PutItemCommand({ TableName: 'trade_history', Item: marshall(row) }));
  }
});
afterAll(() => dynamo.stop());

const get = (
  path: string,
  token: string | undefined = alice,
  query: Record<string, string> = {},
): Promise<HttpAnswer> => handler(restEvent('GET', path, { query, ...(token === '' ? {} : { token }) }));
const ids = (answer: unknown) => (answer as OrdersAnswer).orders.map(({ order_id }) => order_id);

test('open orders of a symbol, newest first, as both kinds of API Gateway ask', async () => {
  const query = { status: 'open', symbol: 'TEST' };
  for (const event of [restEvent, httpApiEvent]) {
    const answer = answerOf(await handler(event('GET', '/orders', { token: alice, query })));
    expect([answer.status, ids(answer.body)]).toEqual([200, ['o-6', 'o-4', 'o-2', 'o-0']]);
    expect((answer.body as OrdersAnswer).orders[3]).toEqual({
      symbol: 'TEST',
      order_id: 'o-0',
      status: 'ACCEPTED',
      is_buy: true,
      order_type: 'LIMIT',
      price: 100,
      quantity: 5,
      filled: 0,
      open: 5,
      placed_at: START,
      updated_at: START,
      seq: 1,
    } satisfies OrderState);
  }
});

test('all orders in pages; the last page has no cursor', async () => {
  const seen: string[][] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: '5', ...(cursor === undefined ? {} : { cursor }) };
    const { body } = answerOf(await get('/orders', alice, query));
    seen.push(ids(body));
    cursor = (body as OrdersAnswer).cursor;
  } while (cursor !== undefined);
  expect(seen.flat()).toEqual(Array.from({ length: 12 }, (_, i) => `o-${11 - i}`));
  expect(seen.map((page) => page.length)).toEqual([5, 5, 2]);
  const range = { from: String(START + 2), to: String(START + 3), symbol: 'TEST' };
  expect(ids(answerOf(await get('/orders', alice, range)).body)).toEqual(['o-3', 'o-2']);
});

test('one order, for its owner alone', async () => {
  const { status, body } = answerOf(await get('/orders/o-3', alice, { symbol: 'TEST' }));
  expect([status, body]).toMatchObject([200, { order_id: 'o-3', status: 'CANCELLED', updated_at: START + 3 }]);
  expect(refusalOf(await get('/orders/o-3', bob, { symbol: 'TEST' }))).toEqual([404, 'NOT_FOUND']);
  expect(refusalOf(await get('/orders/o-3', alice, { symbol: 'OTHER' }))).toEqual([404, 'NOT_FOUND']);
  expect(ids(answerOf(await get('/orders', bob)).body)).toEqual([]);
});

test('own fills from either side', async () => {
  const first = answerOf(await get('/fills', bob, { symbol: 'TEST', limit: '4' })).body as FillsAnswer;
  expect(first.fills.map(({ order_id, side, is_maker }) => [order_id, side, is_maker])).toEqual(
    [5, 4, 3, 2].map((no) => [`s-${no}`, 'SELL', false]),
  );
  const { cursor = '' } = first;
  const second = answerOf(await get('/fills', bob, { symbol: 'TEST', limit: '4', cursor })).body as FillsAnswer;
  expect(second).toEqual({ fills: [expect.objectContaining({ trade_id: 'TEST-1', filled_qty: 1 })] });
  const alices = answerOf(await get('/fills')).body as FillsAnswer;
  expect(alices.fills[0]).toEqual({
    trade_id: 'TEST-5',
    symbol: 'TEST',
    side: 'BUY',
    order_id: 'o-5',
    filled_qty: 5,
    filled_price: 100,
    timestamp: START + 5,
    seq: 50,
    is_maker: true,
  });
});

test('a cursor of another list, of another user or of somebody’s making shows nothing of others', async () => {
  const { cursor = '' } = answerOf(await get('/orders', alice, { limit: '5' })).body as OrdersAnswer;
  expect(ids(answerOf(await get('/orders', bob, { cursor })).body)).toEqual([]);
  const made = (text: string) => Buffer.from(text).toString('base64url');
  const refused = [
    cursor,
    'x',
    '',
    made('o:'),
    made(`o:${'A'.repeat(101)}`),
    made('o:A:B'),
    made('o:\u0000'),
    made('o:é'),
  ];
  for (const given of refused) {
    const answer = await get('/orders', alice, { status: 'open', cursor: given });
    expect([given, ...refusalOf(answer)]).toEqual([given, 400, 'BAD_REQUEST']);
  }
});

test.each<[string, Record<string, string>, number, string]>([
  ['/orders', { status: 'closed' }, 400, 'BAD_REQUEST'],
  ['/orders', { symbol: 'a:b' }, 400, 'BAD_SYMBOL'],
  ['/orders', { limit: '0' }, 400, 'BAD_REQUEST'],
  ['/orders', { limit: '501' }, 400, 'BAD_REQUEST'],
  ['/orders', { limit: '1e2' }, 400, 'BAD_REQUEST'],
  ['/orders', { from: '-1' }, 400, 'BAD_REQUEST'],
  ['/orders', { from: '2', to: '1' }, 400, 'BAD_REQUEST'],
  ['/orders', { status: 'open', from: '1' }, 400, 'BAD_REQUEST'],
  ['/orders/o-1', {}, 400, 'BAD_SYMBOL'],
  ['/orders/a%20b', { symbol: 'TEST' }, 400, 'BAD_ORDER_ID'],
  ['/orders/o-1/x', { symbol: 'TEST' }, 404, 'NOT_FOUND'],
  ['/fills/x', {}, 404, 'NOT_FOUND'],
  ['/', {}, 404, 'NOT_FOUND'],
])('GET %s %o is refused with a clear error', async (path, query, status, code) => {
  expect(refusalOf(await get(path, alice, query))).toEqual([status, code]);
});

test('without a valid token there is nothing to see', async () => {
  const stranger = await (await createIssuer()).token('alice');
  for (const path of ['/orders', '/orders/o-1', '/fills']) {
    expect(refusalOf(await get(path, ''))).toEqual([401, 'UNAUTHORIZED']);
    expect(refusalOf(await get(path, stranger))).toEqual([401, 'UNAUTHORIZED']);
  }
  expect(refusalOf(await handler(restEvent('POST', '/orders', { token: alice })))).toEqual([404, 'NOT_FOUND']);
});

test('a table that cannot be read is 503, never an empty list', async () => {
  handler = newHandler('none', 'none');
  for (const path of ['/orders', '/orders/o-1', '/fills']) {
    expect(refusalOf(await get(path, alice, { symbol: 'TEST' }))).toEqual([503, 'UNAVAILABLE']);
  }
  handler = newHandler();
});
