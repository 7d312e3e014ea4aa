/** Default names of the Kinesis streams and their shard counts. */
export const STREAMS = {
  orders: { name: 'supernoba-orders', shards: 4 },
  fills: { name: 'supernoba-fills', shards: 2 },
  orderStatus: { name: 'supernoba-order-status', shards: 2 },
} as const;

export interface KeyAttribute {
  name: string;
  type: 'S' | 'N';
}
export interface IndexShape {
  name: string;
  hash: KeyAttribute;
  range?: KeyAttribute;
}
export interface TableShape {
  /** Default table name; a setting may replace it. */
  name: string;
  hash: KeyAttribute;
  range?: KeyAttribute;
  indexes?: readonly IndexShape[];
}

/** Trades of one symbol are spread over this many partitions by trade number, trades of one user likewise. */
export const TRADE_PARTITIONS = 16;
/** Orders of one user are spread over this many partitions by order id. */
export const ORDER_PARTITIONS = 16;

/** One execution as `trade_history` holds it, keys and symbol aside. */
export interface TradeRecord {
  trade_no: number;
  trade_id: string;
  seq: number;
  /** Journal time, epoch ms. */
  timestamp: number;
  /** Ticks. */
  price: number;
  /** Lots. */
  quantity: number;
  taker_is_buy: boolean;
  buyer_order_id: string;
  buyer_user_id: string;
  seller_order_id: string;
  seller_user_id: string;
}

/** Every DynamoDB table: what local set-up and infrastructure create, and what the apps read and write. */
export const TABLES = {
  /**
   * `pk` = `SYMBOL#<trade number mod 16>`, `trade_no`; `ts_no` = 13-digit epoch ms + `#` + 16-digit trade number;
   * `ts_symbol` = `ts_no` + `#SYMBOL`, unique over all symbols. Keys are made by `tradeKeys`.
   */
  tradeHistory: {
    name: 'trade_history',
    hash: { name: 'pk', type: 'S' },
    range: { name: 'trade_no', type: 'N' },
    indexes: [
      { name: 'by_time', hash: { name: 'pk', type: 'S' }, range: { name: 'ts_no', type: 'S' } },
      { name: 'by_buyer', hash: { name: 'buyer_pk', type: 'S' }, range: { name: 'ts_symbol', type: 'S' } },
      { name: 'by_seller', hash: { name: 'seller_pk', type: 'S' }, range: { name: 'ts_symbol', type: 'S' } },
    ],
  },
  /**
   * `pk` = `SYMBOL#<order id>`: the last state of every order. `user_pk` = `USER#<hash of the order id mod 16>`;
   * `placed` = when it was placed, `open_key` the same behind the symbol; `open_key` stands in rows of open orders alone, so
   * the index `open_by_user` is sparse. Keys are made by `orderKeys`.
   */
  orderHistory: {
    name: 'order_history',
    hash: { name: 'pk', type: 'S' },
    indexes: [
      { name: 'by_user', hash: { name: 'user_pk', type: 'S' }, range: { name: 'placed', type: 'S' } },
      { name: 'open_by_user', hash: { name: 'user_pk', type: 'S' }, range: { name: 'open_key', type: 'S' } },
    ],
  },
  /** `pk` = `SYMBOL#<timeframe>`, `t` = start in epoch seconds. */
  candleHistory: { name: 'candle_history', hash: { name: 'pk', type: 'S' }, range: { name: 't', type: 'N' } },
  /** `symbol`; attributes `state`, `config`, `updated_at`, `updated_by`. */
  symbols: { name: 'symbols', hash: { name: 'symbol', type: 'S' } },
  /** `id` = `<shard>#<sequence number>#<index>`. */
  deadLetters: { name: 'dead_letters', hash: { name: 'id', type: 'S' } },
  /** KCL's lease table: `leaseKey`, `leaseOwner`, `leaseCounter`, `checkpoint`, plus `epoch` and `manifest`. */
  leases: { name: 'supernoba-engine', hash: { name: 'leaseKey', type: 'S' } },
  /** `symbol`, `at` = 13-digit epoch ms + `#` + request id. */
  audit: { name: 'admin_audit', hash: { name: 'symbol', type: 'S' }, range: { name: 'at', type: 'S' } },
} as const satisfies Record<string, TableShape>;

export const DEFAULT_BUCKET = 'supernoba';
