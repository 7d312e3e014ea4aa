import { DEPTH_LEVELS } from '@supernoba/protocol';
import type { SymbolMachine } from './symbol-machine.js';

/** The depth frame (value of `depth:S`) as JSON. */
export function depthFrame(machine: SymbolMachine): string {
  const { symbol, fold, book } = machine;
  const price = fold.lastPrice;
  const state = book.state === 'open' ? '' : `,"state":"${book.state}"`;
  const figures = price === 0 ? '' : `,"p":${price},"c":${fold.change},"yc":${fold.previousChange}`;
  return `{"e":"d","s":"${symbol}","t":${machine.time},"b":${levels(machine, 'bid')},"a":${levels(machine, 'ask')},"u":${machine.seq}${figures}${state}}`;
}

/**
 * The ticker frame (value of `ticker:S`) as JSON; '' before the first trade. On a day without a trade open, high and low
 * are the price carried over, the volume is 0.
 */
export function tickerFrame(machine: SymbolMachine): string {
  const { symbol, fold } = machine;
  const price = fold.lastPrice;
  if (price === 0) return '';
  const { o, h, l, v } = fold.day ?? { o: price, h: price, l: price, v: 0n };
  return `{"e":"t","s":"${symbol}","t":${machine.time},"p":${price},"c":${fold.change},"yc":${fold.previousChange},"o":${o},"h":${h},"l":${l},"v":${v}}`;
}

function levels({ book }: SymbolMachine, side: 'bid' | 'ask'): string {
  let text = '[';
  for (let index = 0; index < DEPTH_LEVELS; index++) {
    const price = book.levelPrice(side, index);
    if (price === 0) break;
    text += `${index === 0 ? '' : ','}[${price},${book.levelQuantity(side, index)}]`;
  }
  return `${text}]`;
}
