import { bucketEnd, INTERVALS, type Interval } from '@supernoba/candles';
import type { Findings } from '../findings.js';
import type { HeldHistory, HeldMark, HeldRow } from '../held.js';
import { candleText } from './candles.js';
import { MOVED_DAYS, seriesOf, type Tape } from './tape.js';

const STORE = 'candle_history';
const MARK = 'backup';

/**
 * The longer candles of `candle_history`, each the fold of its trades and over by the journal; and no hole in any series: what
 * the mark of the backup covers is there, and what the newest row of a longer interval follows.
 */
export class CandleRowCheck {
  constructor(
    private readonly tape: Tape,
    private readonly findings: Findings,
  ) {}

  compare({ marks, candleRows }: HeldHistory): void {
    /** Starts of the stored candles, by `SYMBOL#5m`. */
    const stored = new Map<string, Set<number>>();
    for (const row of candleRows) {
      const pk = String(row['pk']);
      if (pk.endsWith(`#${MARK}`)) continue;
      const series = seriesOf(pk);
      if (series === undefined) this.findings.differ(STORE, `${pk} is no series of candles: ${candleText(row)}`);
      else if (series.interval !== '1m') this.#compareRow(series.symbol, series.interval, row);
      const starts = stored.get(pk) ?? new Set<number>();
      stored.set(pk, starts.add(Number(row['t'])));
    }
    for (const symbol of new Set([...this.tape.symbols(), ...marks.keys()])) {
      const mark = marks.get(symbol) ?? { candleQ: 0, until: 0, tradeNo: 0 };
      if (mark.candleQ > 0 && this.tape.trade(symbol, mark.candleQ) === undefined) {
        this.findings.differ(STORE, `the mark of ${symbol} says trade ${mark.candleQ}: the journal has no such trade`);
      }
      for (const interval of INTERVALS) {
        if (this.tape.isKnown(symbol, interval)) {
          this.#findHoles(symbol, interval, mark, stored.get(`${symbol}#${interval}`) ?? new Set());
        }
      }
    }
  }

  #compareRow(symbol: string, interval: Interval, row: HeldRow): void {
    if (!this.tape.isKnown(symbol, interval)) {
      this.findings.notComparable(MOVED_DAYS);
      return;
    }
    const t = Number(row['t']);
    const expected = this.tape.candles(symbol, interval).get(t);
    this.findings.count(`candleRows_${interval}`);
    this.findings.same(
      STORE,
      `${interval} candle ${t} of ${symbol}`,
      expected && candleText(expected),
      candleText(row),
    );
  }

  #findHoles(symbol: string, interval: Interval, mark: HeldMark, stored: ReadonlySet<number>): void {
    let newest = -1;
    for (const t of stored) newest = Math.max(newest, t);
    for (const [t, candle] of this.tape.candles(symbol, interval)) {
      if (stored.has(t)) continue;
      const isBackedUp = interval === '1m' && candle.q <= mark.candleQ;
      const isFollowed = interval !== '1m' && t < newest;
      if (isBackedUp || isFollowed) {
        this.findings.same(STORE, `${interval} candle ${t} of ${symbol}`, candleText(candle), undefined);
      } else if (interval !== '1m' && bucketEnd(interval, t) <= mark.until) {
        this.findings.notComparable('longer candles that no roll-up has stored yet');
      }
    }
  }
}
