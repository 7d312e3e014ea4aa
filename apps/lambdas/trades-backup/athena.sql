-- The archive as Amazon Athena reads it. Replace BUCKET (ARCHIVE_BUCKET of the Lambda) and run both statements once:
-- partitions are computed from the query, so no crawler and no MSCK REPAIR is needed. Always name symbol (and timeframe)
-- in WHERE; year, month and day, where given, keep the scan small.

CREATE EXTERNAL TABLE IF NOT EXISTS candles (
  t bigint COMMENT 'start, epoch seconds',
  o bigint COMMENT 'open, ticks',
  h bigint COMMENT 'high, ticks',
  l bigint COMMENT 'low, ticks',
  c bigint COMMENT 'close, ticks',
  v decimal(38, 0) COMMENT 'volume, lots, exact',
  n bigint COMMENT 'number of trades',
  q bigint COMMENT 'number of the last trade'
)
PARTITIONED BY (timeframe string, symbol string, year string, month string, day string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
LOCATION 's3://BUCKET/candles/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.timeframe.type' = 'enum',
  'projection.timeframe.values' = '1m,3m,5m,15m,30m,1h,4h,1d',
  'projection.symbol.type' = 'injected',
  'projection.year.type' = 'integer',
  'projection.year.range' = '2024,2099',
  'projection.month.type' = 'integer',
  'projection.month.range' = '1,12',
  'projection.month.digits' = '2',
  'projection.day.type' = 'integer',
  'projection.day.range' = '1,31',
  'projection.day.digits' = '2',
  'storage.location.template' = 's3://BUCKET/candles/timeframe=${timeframe}/symbol=${symbol}/year=${year}/month=${month}/day=${day}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS trades (
  trade_no bigint COMMENT '1, 2, 3 … of the symbol',
  trade_id string,
  seq bigint COMMENT 'number of the event',
  `timestamp` bigint COMMENT 'epoch milliseconds',
  price bigint COMMENT 'ticks',
  quantity bigint COMMENT 'lots',
  taker_is_buy boolean,
  buyer_order_id string,
  buyer_user_id string,
  seller_order_id string,
  seller_user_id string
)
PARTITIONED BY (symbol string, year string, month string, day string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
LOCATION 's3://BUCKET/trades/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.symbol.type' = 'injected',
  'projection.year.type' = 'integer',
  'projection.year.range' = '2024,2099',
  'projection.month.type' = 'integer',
  'projection.month.range' = '1,12',
  'projection.month.digits' = '2',
  'projection.day.type' = 'integer',
  'projection.day.range' = '1,31',
  'projection.day.digits' = '2',
  'storage.location.template' = 's3://BUCKET/trades/symbol=${symbol}/year=${year}/month=${month}/day=${day}/'
);

-- SELECT from_unixtime(t) AS start, o, h, l, c, v FROM candles
-- WHERE timeframe = '1m' AND symbol = 'TEST' AND year = '2025' AND month = '12' AND day = '14' ORDER BY t;
