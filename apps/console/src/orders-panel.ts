import { byId, conflated, make } from './dom.js';
import { clock, integer } from './format.js';
import { isEnded, type OwnOrder } from './own-orders.js';

export interface OrdersPanel {
  show(orders: readonly OwnOrder[]): void;
  canCancelAll(allowed: boolean): void;
}

const NOTE =
  'Your open orders, loaded at log-in, and all that happened since, on this page or another. "IN JOURNAL" means that the ' +
  'exchange has an order but has not matched it yet.';

export function ordersPanel(cancel: (order: OwnOrder) => void, cancelAll: () => void): OrdersPanel {
  const body = byId('orders', HTMLElement);
  const note = byId('orders-note', HTMLElement);
  const all = byId('cancel-all', HTMLButtonElement);
  all.addEventListener('click', cancelAll);
  note.textContent = NOTE;
  const draw = conflated<readonly OwnOrder[]>((orders) => {
    body.replaceChildren(...(orders.length > 0 ? orders.map((order) => row(order, cancel)) : [emptyRow()]));
  });
  draw([]);
  return {
    show: draw,
    canCancelAll(allowed) {
      all.disabled = !allowed;
    },
  };
}

function row(order: OwnOrder, cancel: (order: OwnOrder) => void): HTMLElement {
  const button = make('button', '', 'Cancel');
  button.type = 'button';
  button.setAttribute('aria-label', `Cancel order ${order.orderId}`);
  button.disabled = order.state === 'SENDING' || order.state === 'CANCEL SENT';
  button.addEventListener('click', () => cancel(order));
  const state = make('td', '', order.note ? `${order.state} · ${order.note}` : order.state);
  const number = (value: number): HTMLElement => make('td', 'number', integer(value));
  return make(
    'tr',
    '',
    make('td', '', clock(order.sentAt)),
    make('td', '', order.symbol),
    make('td', order.isBuy ? 'up' : 'down', order.isBuy ? 'Buy' : 'Sell'),
    make('td', 'number', order.price === 0 ? '–' : integer(order.price)),
    number(order.quantity),
    number(order.filled),
    state,
    make('td', 'id', order.orderId),
    make('td', '', ...(isEnded(order) ? [] : [button])),
  );
}

function emptyRow(): HTMLElement {
  const cell = make('td', '', 'no open orders');
  cell.colSpan = 9;
  return make('tr', 'empty', cell);
}
