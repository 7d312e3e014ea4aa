import type { PublicTrade, TradesFrame } from '@supernoba/protocol';
import { byId, conflated, make } from './dom.js';
import { clock, integer } from './format.js';

const SHOWN = 40;

export interface TradesPanel {
  add(frame: TradesFrame): void;
  clear(): void;
}

export function tradesPanel(): TradesPanel {
  const body = byId('trades', HTMLElement);
  let newest: PublicTrade[] = [];
  const draw = conflated<readonly PublicTrade[]>((trades) => {
    const rows = trades.map(([, t, price, quantity, takerIsBuy]) => {
      const cell = make('td', takerIsBuy ? 'up' : 'down', integer(price));
      cell.title = takerIsBuy ? 'the buyer took it' : 'the seller took it';
      return make('tr', '', make('td', '', clock(t)), cell, make('td', '', integer(quantity)));
    });
    body.replaceChildren(...(rows.length > 0 ? rows : [emptyRow()]));
  });
  const set = (trades: PublicTrade[]): void => {
    newest = trades;
    draw(newest);
  };
  return {
    add: ({ d }) => set([...[...d].reverse(), ...newest].slice(0, SHOWN)),
    clear: () => set([]),
  };
}

function emptyRow(): HTMLElement {
  const cell = make('td', '', 'no trade seen yet');
  cell.colSpan = 3;
  return make('tr', 'empty', cell);
}
