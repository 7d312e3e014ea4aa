import { depthFrame, tickerFrame, type SymbolMachine } from '@supernoba/engine/matching';
import type { Findings } from '../findings.js';
import type { HeldMarketData } from '../held.js';
import type { Observer, Step } from '../replay.js';
import { candleText, type CandleCheck } from './candles.js';

const STORE = 'depth cache';

type Problem = [what: string, expected: string | undefined, held: string | undefined];

interface Symbol {
  held: HeldMarketData;
  matched: boolean;
  /** What the last state with the cache's numbers had otherwise; undefined while none had them. */
  problems: Problem[] | undefined;
  /** Closed candles that the cache must hold in the state it reflects. */
  recent: readonly number[];
}

/**
 * Depth, ticker, the open and the closed candles and the newest trades are a state that the symbol went through between
 * two records: the one whose numbers (`seq`, `q`) stand beside them.
 */
export class MarketDataCheck implements Observer {
  readonly #symbols = new Map<string, Symbol>();
  /** What was acknowledged by the cache, by symbol. */
  readonly #published = new Map<string, { seq: number }>();

  constructor(
    held: ReadonlyMap<string, HeldMarketData>,
    private readonly candles: CandleCheck,
    private readonly findings: Findings,
  ) {
    for (const [symbol, one] of held) {
      this.#symbols.set(symbol, { held: one, matched: false, problems: undefined, recent: [] });
    }
  }

  moved(machine: SymbolMachine, _output: unknown, { published }: Step): void {
    if (published) this.#published.set(machine.symbol, { seq: machine.seq });
    const symbol = this.#symbols.get(machine.symbol);
    if (symbol === undefined || symbol.matched) return;
    const { fence } = symbol.held;
    if (fence['seq'] !== String(machine.seq) || fence['q'] !== String(machine.fold.q)) return;
    symbol.problems = problemsOf(machine, symbol.held);
    symbol.matched = symbol.problems.length === 0;
    symbol.recent = machine.fold.closed.map(({ t }) => t);
  }

  holdsClosed(symbol: string, t: number): boolean {
    return this.#symbols.get(symbol)?.held.closed.some((json) => closedStart(json) === t) ?? false;
  }

  finish(): void {
    const alive = [...this.#symbols.values()].some(({ held }) => held.depth !== undefined);
    for (const name of new Set([...this.#symbols.keys(), ...this.#published.keys()])) this.#finishSymbol(name, alive);
  }

  #finishSymbol(name: string, alive: boolean): void {
    const { findings } = this;
    const symbol = this.#symbols.get(name);
    const published = this.#published.get(name);
    const seq = symbol?.held.fence['seq'];
    if (symbol === undefined || seq === undefined) {
      if (published !== undefined) findings.same(STORE, `market data of ${name}`, `state ${published.seq}`, undefined);
      return;
    }
    if (published !== undefined && Number(seq) < published.seq) {
      findings.same(STORE, `market data of ${name}`, `state ${published.seq} or later`, `state ${seq}`);
    }
    if (symbol.problems === undefined) {
      findings.differ(
        STORE,
        `${name} never was in the state seq ${seq}, q ${symbol.held.fence['q']} that its market data names`,
      );
      return;
    }
    if (alive) findings.count('depthsCompared');
    if (alive && symbol.held.ticker !== undefined) findings.count('tickersCompared');
    if (!alive) findings.notComparable('depth and ticker: no engine has refreshed them within their life');
    findings.count('publicTradesCompared', symbol.held.trades.length);
    for (const [what, expected, held] of symbol.problems) {
      const isFrame = what === 'depth' || what === 'ticker';
      if (isFrame && !alive) continue;
      findings.same(STORE, `${what} of ${name} at seq ${seq}`, expected, held);
    }
    this.#compareClosed(name, symbol);
  }

  #compareClosed(name: string, { held, recent }: Symbol): void {
    const { findings, candles } = this;
    if (held.candle['t'] !== undefined) findings.count('candlesCompared');
    let last = -1;
    for (const json of held.closed) {
      const candle = JSON.parse(json) as Parameters<typeof candleText>[0] & { t: number };
      findings.count('candlesCompared');
      findings.same(STORE, `closed candle ${candle.t} of ${name}`, candles.closed(name, candle.t), candleText(candle));
      if (candle.t <= last) findings.differ(STORE, `closed candles of ${name}: ${candle.t} stands after ${last}`);
      last = candle.t;
    }
    for (const t of recent) {
      if (this.holdsClosed(name, t) || candles.isStored(name, t)) continue;
      findings.same(STORE, `closed candle ${t} of ${name}`, candles.closed(name, t), undefined);
    }
  }
}

function problemsOf(machine: SymbolMachine, held: HeldMarketData): Problem[] {
  const { candle } = machine.fold;
  const open = held.candle['t'] === undefined ? undefined : candleText(held.candle);
  const trades = machine.fold.recentTrades().map((trade) => JSON.stringify(trade));
  const compared: Problem[] = [
    ['depth', depthFrame(machine), held.depth],
    ['ticker', tickerFrame(machine) || undefined, held.ticker],
    ['open candle', candle === undefined ? undefined : candleText(candle), open],
    ['newest trades', trades.join('\n'), held.trades.join('\n')],
  ];
  return compared.filter(([, expected, found]) => expected !== found);
}

function closedStart(json: string): number {
  return (JSON.parse(json) as { t: number }).t;
}
