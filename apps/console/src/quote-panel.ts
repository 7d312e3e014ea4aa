import type { DepthFrame, StatusFrame, SymbolState, TickerFrame } from '@supernoba/protocol';
import type { ConnectionEvent } from '@supernoba/sdk-client';
import { byId, conflated } from './dom.js';
import { integer, percent } from './format.js';

type MarketState = StatusFrame['state'] | SymbolState | 'unknown';

/** What each state means for a trader, and how alarming it looks. */
const MARKET: Readonly<Record<MarketState, { look: string; title: string }>> = {
  open: { look: 'good', title: 'orders are matched' },
  halted: { look: 'warn', title: 'cancels only, until the symbol is resumed' },
  delisted: { look: 'bad', title: 'cancels only' },
  stale: { look: 'bad', title: 'no engine has refreshed this market lately: what is shown may be old' },
  unknown: { look: '', title: 'the exchange has not said yet' },
};

export interface QuotePanel {
  depth(frame: DepthFrame): void;
  ticker(frame: TickerFrame): void;
  market(state: MarketState): void;
  connection(event: ConnectionEvent): void;
  clear(): void;
}

/** Last price, the day, and how market and connection are. */
export function quotePanel(): QuotePanel {
  const last = byId('last-price', HTMLElement);
  const change = byId('change', HTMLElement);
  const day = ['open', 'high', 'low', 'volume'].map((name) => byId(`day-${name}`, HTMLElement));
  const state = byId('market-state', HTMLElement);
  const line = byId('connection', HTMLElement);
  let before: number | undefined;

  const price = conflated<{ p: number; c: number }>(({ p, c }) => {
    last.textContent = integer(p);
    last.className = `last ${before === undefined || p === before ? '' : p > before ? 'up' : 'down'}`;
    if (p !== before) before = p;
    change.textContent = percent(c);
    change.className = `change ${c > 0 ? 'up' : c < 0 ? 'down' : ''}`;
    document.title = `${integer(p)} – Supernoba console`;
  });
  const market = (name: MarketState): void => {
    state.textContent = name;
    state.className = `badge ${MARKET[name].look}`;
    state.title = MARKET[name].title;
  };

  return {
    market,
    depth({ p, c }) {
      if (p !== undefined) price({ p, c: c ?? 0 });
    },
    ticker({ p, c, o, h, l, v }) {
      price({ p, c });
      [o, h, l, v].forEach((value, i) => {
        const cell = day[i];
        if (cell) cell.textContent = integer(value);
      });
    },
    connection({ state: name, code, reason, retryInMs }) {
      const wait = retryInMs === undefined ? '' : `, again in ${(retryInMs / 1000).toFixed(1)} s`;
      line.textContent = name;
      line.className = `badge ${name === 'connected' ? 'good' : name === 'connecting' ? 'warn' : 'bad'}`;
      line.title = `${code}: ${reason}${wait}`;
    },
    clear() {
      before = undefined;
      for (const cell of [last, ...day]) cell.textContent = '–';
      last.className = 'last';
      change.textContent = '';
      market('unknown');
    },
  };
}
