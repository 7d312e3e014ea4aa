import { OrderType, TimeInForce, type NewOrder } from '@supernoba/protocol';
import { byId, make } from './dom.js';
import { canPost, hasPrice, hasStopPrice, orderOf, orderText, TIFS, type OrderEntry } from './order-entry.js';

export interface OrderForm {
  pickPrice(price: number): void;
  /** Fills in a price nobody typed yet. */
  suggestPrice(price: number): void;
  allow(user: string | undefined, symbol: string): void;
}

const TIF_TITLES: Readonly<Record<TimeInForce, string>> = {
  GTC: 'good till cancelled',
  DAY: 'until the end of the trading day',
  IOC: 'immediate, the rest is cancelled',
  FOK: 'all of it at once, or nothing',
};

/** The order entry. What was typed goes on as it is: the client's checks have the words for what is wrong with it. */
export function orderForm(place: (order: Omit<NewOrder, 'symbol'>) => void): OrderForm {
  const form = byId('order-form', HTMLFormElement);
  const type = byId('order-type', HTMLSelectElement);
  const tif = byId('tif', HTMLSelectElement);
  const price = byId('price', HTMLInputElement);
  const stopPrice = byId('stop-price', HTMLInputElement);
  const quantity = byId('quantity', HTMLInputElement);
  const displayQuantity = byId('display-quantity', HTMLInputElement);
  const postOnly = byId('post-only', HTMLInputElement);
  const allOrNone = byId('all-or-none', HTMLInputElement);
  const submit = byId('submit', HTMLButtonElement);
  let trader: { user: string | undefined; symbol: string } = { user: undefined, symbol: '' };

  const entry = (): OrderEntry => ({
    side: new FormData(form).get('side') === 'SELL' ? 'SELL' : 'BUY',
    type: Object.values(OrderType).find((known) => known === type.value) ?? OrderType.Limit,
    tif: Object.values(TimeInForce).find((known) => known === tif.value) ?? TimeInForce.Gtc,
    price: price.value,
    stopPrice: stopPrice.value,
    quantity: quantity.value,
    displayQuantity: displayQuantity.value,
    postOnly: postOnly.checked,
    allOrNone: allOrNone.checked,
  });
  /** Shows the fields that the chosen type has, and how long it may work. */
  const fit = (): void => {
    const chosen = entry();
    byId('price-field', HTMLElement).hidden = !hasPrice(chosen.type);
    byId('stop-price-field', HTMLElement).hidden = !hasStopPrice(chosen.type);
    const tifs = TIFS[chosen.type];
    if (tifs.join() !== [...tif.options].map(({ value }) => value).join()) {
      tif.replaceChildren(...tifs.map((name) => Object.assign(make('option', '', name), { title: TIF_TITLES[name] })));
      tif.value = tifs.includes(chosen.tif) ? chosen.tif : (tifs[0] ?? '');
    }
    postOnly.disabled = !canPost(chosen.type, entry().tif);
  };
  const label = (): void => {
    fit();
    const { side } = entry();
    submit.className = `submit ${side === 'BUY' ? 'buy' : 'sell'}`;
    submit.disabled = trader.user === undefined || trader.symbol === '';
    submit.textContent =
      trader.user === undefined
        ? 'Log in to trade'
        : `${side === 'BUY' ? 'Buy' : 'Sell'} ${orderText(entry(), trader.symbol)}`;
  };
  form.addEventListener('input', label);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    place(orderOf(entry()));
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
      if (symbol !== trader.symbol) price.value = stopPrice.value = '';
      trader = { user, symbol };
      label();
    },
  };
}
