import type { NewOrder } from '@supernoba/protocol';
import { createClient, newOrderId, type SupernobaClient, SupernobaError } from '@supernoba/sdk-client';
import { chartPanel } from './chart-panel.js';
import { depthPanel } from './depth-panel.js';
import { byId, make } from './dom.js';
import { logIn } from './login.js';
import { showError, showInfo } from './messages.js';
import { orderForm } from './order-form.js';
import { ordersPanel } from './orders-panel.js';
import { MAX_ORDERS, type OwnOrder, OwnOrders } from './own-orders.js';
import { quotePanel } from './quote-panel.js';
import { tradesPanel } from './trades-panel.js';

/** The page: one client at a time, whose events go to the panels. A log-in begins a new client and a new order list. */
export class Console {
  readonly #base: string;
  readonly #symbol = byId('symbol', HTMLSelectElement);
  readonly #quote = quotePanel();
  readonly #trades = tradesPanel();
  readonly #form = orderForm((order) => void this.#place(order));
  readonly #depth = depthPanel((price) => this.#form.pickPrice(price));
  readonly #chart = chartPanel(() => void this.#watch());
  readonly #ordersPanel = ordersPanel(
    (order) => void this.#cancel(order),
    () => void this.#cancelAll(),
  );
  #orders = new OwnOrders();
  #user: string | undefined;
  /** The symbol this client watches. */
  #watched: string | undefined;
  #client: SupernobaClient;

  constructor(base: string) {
    this.#base = base;
    this.#client = this.#newClient();
    this.#symbol.addEventListener('change', () => void this.#watch());
    for (const button of document.querySelectorAll<HTMLButtonElement>('[data-user]')) {
      button.addEventListener('click', () => void this.#become(button.dataset['user'] || undefined));
    }
    this.#showUser();
  }

  async start(): Promise<void> {
    await this.#attempt(() => this.#client.connect());
    await this.#attempt(() => this.#loadSymbols());
    await this.#watch();
  }

  /** Another user: what the last one saw and sent goes with them. */
  async #become(user: string | undefined): Promise<void> {
    await this.#attempt(async () => {
      const auth =
        user === undefined ? undefined : await logIn(this.#base, `${user}@supernoba.local`, `${user}-password`);
      this.#client.close();
      this.#user = user;
      this.#orders = new OwnOrders();
      this.#client = this.#newClient(auth);
      this.#watched = undefined;
      this.#showUser();
      this.#showOrders();
      await this.#client.connect();
      if (user !== undefined) await this.#loadOrders(this.#client);
      if (user !== undefined) showInfo('LOGGED_IN', `you trade as ${user}`);
    });
    if (this.#symbol.value === '') await this.#attempt(() => this.#loadSymbols());
    await this.#watch();
  }

  #newClient(auth?: Awaited<ReturnType<typeof logIn>>): SupernobaClient {
    const client = createClient({ url: this.#base, ...(auth ? { auth } : {}) });
    const isShown = (symbol: string): boolean => client === this.#client && symbol === this.#symbol.value;
    client.on('connection', (event) => {
      if (client !== this.#client) return;
      this.#quote.connection(event);
      // Candles that closed while the connection was away come from the chart route alone.
      if (event.code !== 'OPENED' || event.attempt === 0) return;
      void this.#chart.load(client, this.#symbol.value);
      // What happened to orders meanwhile stands in their history.
      if (this.#user !== undefined) void this.#attempt(() => this.#loadOrders(client, 'all'));
    });
    client.on('error', showError);
    client.on('serverShutdown', ({ in: ms }) =>
      showInfo('SERVER_SHUTDOWN', `the server ends in ${ms} ms; this page reconnects`),
    );
    client.on('depth', (frame) => {
      if (!isShown(frame.s)) return;
      this.#depth.show(frame);
      this.#quote.depth(frame);
      const touch = frame.a[0]?.[0] ?? frame.b[0]?.[0] ?? frame.p;
      if (touch !== undefined) this.#form.suggestPrice(touch);
    });
    client.on('ticker', (frame) => isShown(frame.s) && this.#quote.ticker(frame));
    client.on('trades', (frame) => isShown(frame.s) && this.#trades.add(frame));
    client.on('candle', (frame) => isShown(frame.s) && this.#chart.update(frame));
    client.on('candleClose', (frame) => isShown(frame.s) && this.#chart.update(frame));
    client.on('status', ({ s, state }) => isShown(s) && this.#quote.market(state));
    client.on('orderStatus', (status) => this.#privateEvent(client, () => this.#orders.status(status)));
    client.on('fill', (fill) => this.#privateEvent(client, () => this.#orders.fill(fill)));
    return client;
  }

  #privateEvent(client: SupernobaClient, apply: () => void): void {
    if (client !== this.#client) return;
    apply();
    this.#showOrders();
  }

  /** One page of the user's orders: their open ones, or the last ones. */
  async #loadOrders(client: SupernobaClient, status: 'open' | 'all' = 'open'): Promise<void> {
    const [orders, page] = [this.#orders, await client.getOrders({ status, limit: MAX_ORDERS })];
    orders.load(page.orders);
    if (orders === this.#orders) this.#showOrders();
  }

  async #loadSymbols(): Promise<void> {
    const symbols = await this.#client.getSymbols();
    const chosen = this.#symbol.value;
    this.#symbol.replaceChildren(
      ...symbols.map(({ symbol, state }) => {
        const option = make('option', '', state === 'open' ? symbol : `${symbol} (${state})`);
        option.value = symbol;
        option.dataset['state'] = state;
        option.selected = symbol === chosen || (chosen === '' && symbol === 'TEST');
        return option;
      }),
    );
    if (symbols.length === 0) throw new SupernobaError('NOT_FOUND', 'the exchange has no symbols');
  }

  /** Shows the chosen symbol: empties every panel, then asks for its state. */
  async #watch(): Promise<void> {
    const symbol = this.#symbol.value;
    this.#form.allow(this.#user, symbol);
    this.#ordersPanel.canCancelAll(this.#user !== undefined && symbol !== '');
    if (symbol === '') return;
    this.#quote.clear();
    this.#depth.clear();
    this.#trades.clear();
    const state = this.#symbol.selectedOptions[0]?.dataset['state'];
    if (state === 'open' || state === 'halted' || state === 'delisted') this.#quote.market(state);
    const client = this.#client;
    await Promise.all([
      this.#attempt(async () => {
        const last = this.#watched;
        this.#watched = symbol;
        if (last !== undefined && last !== symbol) await client.unsubscribe({ sub: [last] });
        await this.#subscribe(client, symbol);
      }),
      this.#chart.load(client, symbol),
    ]);
  }

  /** Live candles of the chosen interval where the exchange pushes them, else of a minute, which the chart leaves out. */
  async #subscribe(client: SupernobaClient, symbol: string): Promise<void> {
    const wanted = { main: symbol, sub: [symbol] };
    try {
      await client.subscribe({ ...wanted, tf: this.#chart.interval });
      this.#chart.liveIs(true);
    } catch (thrown) {
      if (!(thrown instanceof SupernobaError) || thrown.code !== 'NOT_AVAILABLE') throw thrown;
      this.#chart.liveIs(false);
      await client.subscribe(wanted);
    }
  }

  async #place(order: Omit<NewOrder, 'symbol'>): Promise<void> {
    const [client, orders] = [this.#client, this.#orders];
    const complete: NewOrder = { ...order, symbol: this.#symbol.value, order_id: newOrderId() };
    const orderId = complete.order_id ?? '';
    orders.sending(orderId, complete, Date.now());
    this.#showOrders();
    try {
      await client.placeOrder(complete);
      orders.acknowledged(orderId);
    } catch (thrown) {
      const { code, retryable, status } =
        thrown instanceof SupernobaError ? thrown : { code: 'PAGE_ERROR', retryable: true };
      // Final without an answer: the client's own checks let nothing out.
      if (!retryable && status === undefined) orders.withdraw(orderId);
      else orders.failed(orderId, code, !retryable);
      showError(thrown);
    }
    this.#showOrders();
  }

  async #cancel(order: OwnOrder): Promise<void> {
    const orders = this.#orders;
    await this.#attempt(async () => {
      await this.#client.cancelOrder({ symbol: order.symbol, order_id: order.orderId });
      orders.cancelSent(order.orderId);
    });
    this.#showOrders();
  }

  async #cancelAll(): Promise<void> {
    const [orders, symbol] = [this.#orders, this.#symbol.value];
    await this.#attempt(async () => {
      await this.#client.cancelAll({ symbol });
      for (const order of orders.list()) if (order.symbol === symbol) orders.cancelSent(order.orderId);
      showInfo('CANCEL_ALL', `the journal has the request to cancel all your orders of ${symbol}`);
    });
    this.#showOrders();
  }

  #showOrders(): void {
    this.#ordersPanel.show(this.#orders.list());
  }

  #showUser(): void {
    for (const button of document.querySelectorAll<HTMLButtonElement>('[data-user]')) {
      button.setAttribute('aria-pressed', String((button.dataset['user'] || undefined) === this.#user));
    }
  }

  /** Runs what may fail, and shows how it failed. */
  async #attempt(run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (thrown) {
      showError(thrown);
    }
  }
}
