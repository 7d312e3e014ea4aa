import type { NewOrder } from '@supernoba/protocol';
import { byId } from './dom.js';
import { integer, typedInteger } from './format.js';

export interface OrderForm {
  pickPrice(price: number): void;
  /** Fills in a price nobody typed yet. */
  suggestPrice(price: number): void;
  allow(user: string | undefined, symbol: string): void;
}

/** The order entry. What was typed goes on as it is: the client's checks have the words for what is wrong with it. */
export function orderForm(place: (order: Omit<NewOrder, 'symbol'>) => void): OrderForm {
  const form = byId('order-form', HTMLFormElement);
  const price = byId('price', HTMLInputElement);
  const quantity = byId('quantity', HTMLInputElement);
  const tif = byId('tif', HTMLSelectElement);
  const submit = byId('submit', HTMLButtonElement);
  let trader: { user: string | undefined; symbol: string } = { user: undefined, symbol: '' };

  const side = (): 'BUY' | 'SELL' => (new FormData(form).get('side') === 'SELL' ? 'SELL' : 'BUY');
  const label = (): void => {
    const isBuy = side() === 'BUY';
    submit.className = `submit ${isBuy ? 'buy' : 'sell'}`;
    submit.disabled = trader.user === undefined || trader.symbol === '';
    const [lots, ticks] = [typedInteger(quantity.value), typedInteger(price.value)];
    const what =
      Number.isNaN(lots) || Number.isNaN(ticks)
        ? trader.symbol
        : `${integer(lots)} ${trader.symbol} at ${integer(ticks)}`;
    submit.textContent = trader.user === undefined ? 'Log in to trade' : `${isBuy ? 'Buy' : 'Sell'} ${what}`;
  };
  form.addEventListener('input', label);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    place({
      side: side(),
      price: typedInteger(price.value),
      quantity: typedInteger(quantity.value),
      tif: tif.value === 'IOC' ? 'IOC' : 'GTC',
    });
  });

  return {
    pickPrice(ticks) {
      price.value = String(ticks);
      label();
    },
    suggestPrice(ticks) {
      if (price.value === '') this.pickPrice(ticks);
    },
    allow(user, symbol) {
      if (symbol !== trader.symbol) price.value = '';
      trader = { user, symbol };
      label();
    },
  };
}
