import type { AddCommand, SelfTradePrevention } from '../../src/index.js';
import { Market, type Implementation } from './market.js';

/** One line of a script, and what the book must answer to it. */
interface Act {
  words: string[];
  expected: string[];
}

/** The blocks marked `market` of a page, by the heading above each. */
export function scriptsOf(page: string): { title: string; script: string }[] {
  return page
    .split(/^### /m)
    .slice(1)
    .flatMap((section) => {
      const title = section.split('\n', 1)[0] ?? '';
      return [...section.matchAll(/```market\n([\s\S]*?)```/g)].map(([, script = '']) => ({ title, script }));
    });
}

/** Plays a script; an act without `→` lines may be answered in any way, one with `→ nothing` by no event. */
export function play(script: string, implementation: Implementation): void {
  const acts: Act[] = [];
  for (const text of script.trim().split('\n')) {
    if (text.startsWith('→')) acts.at(-1)?.expected.push(text.slice(1).trim());
    else acts.push({ words: text.trim().split(/\s+/), expected: [] });
  }
  let market = new Market(implementation);
  for (const { words, expected } of acts) {
    const [verb = '', ...rest] = words;
    if (verb === 'limit') market = new Market(implementation, { limits: numbers(rest) });
    else perform(market, verb, rest);
    const told = market.told();
    const wanted = expected.filter((line) => line !== 'nothing');
    if (expected.length > 0) expect([words.join(' '), ...told]).toEqual([words.join(' '), ...wanted]);
  }
}

function perform(market: Market, verb: string, rest: string[]): void {
  const [first = '', ...more] = rest;
  switch (verb) {
    case 'buy':
    case 'sell':
      return add(market, verb === 'buy', first, more);
    case 'cancel':
      if (first === 'all') return void market.cancelAll(more[1] ?? '');
      return void market.cancel(first, more[1]);
    case 'replace':
      return void market.replace(first, numbers(more));
    case 'configure':
      return void market.configure(numbers(rest));
    case 'wait':
      return void market.wait(Number(first));
    case 'halt':
      return void market.halt();
    case 'resume':
      return void market.resume();
    case 'restart':
      return void market.restart();
    case 'save':
      return void market.save();
    case 'restore':
      return void market.restoreSaved();
    case 'ahead':
      return expect(market.book.queuePosition(rest[1] ?? '')).toEqual({
        ordersAhead: Number(rest[2]),
        quantityAhead: Number(rest[4]),
      });
    case 'bids':
    case 'asks':
      return expect(verb === 'bids' ? market.bids() : market.asks()).toEqual(rest);
    default:
      throw new Error(`no such line in a market script: ${verb} ${rest.join(' ')}`);
  }
}

/** `name value name value …` */
function numbers(words: string[]): Record<string, number> {
  const fields: Record<string, number> = {};
  for (let i = 0; i < words.length; i += 2) fields[words[i]!] = Number(words[i + 1]);
  return fields;
}

/** `5 @ 100 ioc show 2 by ann`, `5 market stop 99` */
function add(market: Market, isBuy: boolean, quantity: string, words: string[]): void {
  const fields: Partial<AddCommand> = {};
  let price = 0;
  const queue = [...words];
  const next = (): string => queue.shift() ?? '';
  while (queue.length > 0) {
    const word = next();
    if (word === '@') price = Number(next());
    else if (word === 'market') fields.orderType = 'MARKET';
    else if (word === 'ioc' || word === 'fok' || word === 'day') {
      fields.timeInForce = word.toUpperCase() as 'IOC' | 'FOK' | 'DAY';
    } else if (word === 'post-only') fields.postOnly = true;
    else if (word === 'all-or-none') fields.allOrNone = true;
    else if (word === 'show') fields.displayQuantity = Number(next());
    else if (word === 'stop') fields.stopPrice = Number(next());
    else if (word === 'stp') fields.selfTradePrevention = next() as SelfTradePrevention;
    else if (word === 'by') fields.userId = next();
    else if (word === 'id') fields.orderId = next();
    else if (word === 'request') fields.requestId = next();
    else throw new Error(`no such condition in a market script: ${word}`);
  }
  if (fields.stopPrice !== undefined) fields.orderType = fields.orderType === 'MARKET' ? 'STOP' : 'STOP_LIMIT';
  if (isBuy) market.buy(price, Number(quantity), fields);
  else market.sell(price, Number(quantity), fields);
}
