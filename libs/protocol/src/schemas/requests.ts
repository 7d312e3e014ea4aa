import * as z from 'zod/mini';
import { SelfTradePrevention } from '../codes.js';
import { MAX_ID_LENGTH, MAX_SUB_SYMBOLS, SYMBOL_CONFIG_RANGES } from '../limits.js';
import { CANDLE_INTERVALS } from '../market-data.js';
import type { SymbolConfig, SymbolConfigNumber } from '../orders.js';
import { id, integer, oneOf, symbol } from './pieces.js';

const MAX_TOKEN_LENGTH = 8192;

const error = `an integer or a string of at most ${MAX_ID_LENGTH} characters is required`;
/** Names a WebSocket request; its answer repeats it. */
export const requestTag = z.union(
  [integer(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER), z.string().check(z.maxLength(MAX_ID_LENGTH))],
  { error },
);

const symbolList = z
  .array(symbol, { error: 'an array of symbols is required' })
  .check(z.maxLength(MAX_SUB_SYMBOLS, { error: `at most ${MAX_SUB_SYMBOLS} symbols` }));

export const subscribeRequest = z.strictObject({
  action: z.exactOptional(z.literal('subscribe')),
  id: z.exactOptional(requestTag),
  main: z.exactOptional(symbol),
  sub: z.exactOptional(symbolList),
  tf: z.exactOptional(oneOf(CANDLE_INTERVALS)),
  symbols: z.exactOptional(symbolList),
});

export const unsubscribeRequest = z.strictObject({
  action: z.literal('unsubscribe'),
  id: z.exactOptional(requestTag),
  main: z.exactOptional(symbol),
  sub: z.exactOptional(symbolList),
});

/** `order` is checked by its own action: {@link parseOrder}. */
export const orderRequest = z.strictObject({
  action: z.literal('order'),
  id: z.exactOptional(requestTag),
  order: z.unknown(),
});

export const authRequest = z.strictObject({
  action: z.literal('auth'),
  id: z.exactOptional(requestTag),
  token: z.string({ error: 'a token is required' }).check(z.minLength(1), z.maxLength(MAX_TOKEN_LENGTH)),
});

export const pingRequest = z.strictObject({ action: z.literal('ping'), id: z.exactOptional(requestTag) });

const configured = (field: SymbolConfigNumber) => {
  const [min, max] = SYMBOL_CONFIG_RANGES[field];
  return z.exactOptional(integer(min, max));
};

export const symbolConfig: z.ZodMiniType<SymbolConfig> = z.strictObject({
  day_offset_min: configured('day_offset_min'),
  stp: z.exactOptional(oneOf(Object.values(SelfTradePrevention))),
  reference_price: configured('reference_price'),
  reference_window_ms: configured('reference_window_ms'),
  price_band_bps: configured('price_band_bps'),
  halt_threshold_bps: configured('halt_threshold_bps'),
  halt_duration_ms: configured('halt_duration_ms'),
});

/** `POST /admin/symbols`. */
export const symbolCreation = z.strictObject({
  symbol,
  config: z.exactOptional(symbolConfig),
  request_id: z.exactOptional(id),
});

/** `PUT /admin/symbols/{symbol}`: a new configuration, a new state, or both. */
export const symbolChange = z.strictObject({
  config: z.exactOptional(symbolConfig),
  state: z.exactOptional(oneOf(['open', 'halted'])),
  request_id: z.exactOptional(id),
});
