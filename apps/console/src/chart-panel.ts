import { CANDLE_INTERVALS, type CandleFrame, type CandleInterval } from '@supernoba/protocol';
import { type SupernobaClient, SupernobaError } from '@supernoba/sdk-client';
import {
  CandlestickSeries,
  ColorType,
  createChart,
  CrosshairMode,
  HistogramSeries,
  type CandlestickData,
  type UTCTimestamp,
} from 'lightweight-charts';
import { byId, make } from './dom.js';
import { integer } from './format.js';
import { showError } from './messages.js';

export interface ChartPanel {
  /** Reads the candles anew: another symbol, another interval, or a connection that was away. */
  load(client: SupernobaClient, symbol: string): Promise<void>;
  update(frame: CandleFrame): void;
  /** Whether the exchange pushes candles of the chosen interval. */
  liveIs(isLive: boolean): void;
  readonly interval: CandleInterval;
}

const COLORS = {
  up: '#2fbf86',
  down: '#f6566a',
  upQuiet: '#2fbf8655',
  downQuiet: '#f6566a55',
  line: '#222a35',
  text: '#9aa6b4',
};

export function chartPanel(intervalChanged: () => void): ChartPanel {
  const { candles, volumes, fit } = drawChart(byId('chart', HTMLElement));
  const emptyNote = byId('chart-note', HTMLElement);
  const liveNote = byId('chart-live-note', HTMLElement);
  let interval: CandleInterval = '1m';
  let last = 0;
  let loading = new AbortController();
  intervalButtons(interval, (chosen) => {
    interval = chosen;
    intervalChanged();
  });

  const put = ({ t, o, h, l, c, v }: CandleFrame): void => {
    // The chart takes only its last candle and newer ones.
    if (t < last) return;
    last = t;
    candles.update(candle(t, o, h, l, c));
    volumes.update({ time: t as UTCTimestamp, value: v, color: c >= o ? COLORS.upQuiet : COLORS.downQuiet });
  };

  return {
    get interval() {
      return interval;
    },
    async load(client, symbol) {
      loading.abort();
      const mine = (loading = new AbortController());
      last = 0;
      candles.setData([]);
      volumes.setData([]);
      emptyNote.hidden = true;
      try {
        const { data } = await client.getChart({ symbol, interval }, { signal: mine.signal });
        if (mine.signal.aborted) return;
        // Live candles may have come meanwhile: they are the newer ones.
        const live = [...candles.data()] as CandlestickData<UTCTimestamp>[];
        const first = live[0]?.time ?? Infinity;
        const past = data.filter(({ time }) => time < first);
        const liveVolumes = [...volumes.data()];
        candles.setData([...past.map((row) => candle(row.time, row.open, row.high, row.low, row.close)), ...live]);
        volumes.setData([
          ...past.map(({ time, volume, open, close }) => ({
            time: time as UTCTimestamp,
            value: volume,
            color: close >= open ? COLORS.upQuiet : COLORS.downQuiet,
          })),
          ...liveVolumes.filter((row) => 'value' in row),
        ]);
        last = Math.max(last, past.at(-1)?.time ?? 0);
        fit();
        if (data.length === 0 && live.length === 0)
          say(emptyNote, 'No candle yet: nothing has been traded in this interval.');
      } catch (thrown) {
        if (mine.signal.aborted) return;
        if (thrown instanceof SupernobaError) say(emptyNote, `No past candles: ${thrown.code}, ${thrown.message}`);
        else showError(thrown);
      }
    },
    update(frame) {
      if (frame.tf !== interval) return;
      emptyNote.hidden = true;
      put(frame);
    },
    liveIs(isLive) {
      if (isLive) liveNote.hidden = true;
      else say(liveNote, `Candles of ${interval} are not pushed (NOT_AVAILABLE): this is how they stood when asked.`);
    },
  };
}

function drawChart(element: HTMLElement) {
  const chart = createChart(element, {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: 'transparent' },
      textColor: COLORS.text,
      attributionLogo: true,
    },
    grid: { vertLines: { color: COLORS.line }, horzLines: { color: COLORS.line } },
    crosshair: { mode: CrosshairMode.Normal },
    timeScale: { timeVisible: true, secondsVisible: false, borderColor: COLORS.line, rightOffset: 4 },
    rightPriceScale: { borderColor: COLORS.line },
    localization: { priceFormatter: integer },
  });
  const candles = chart.addSeries(CandlestickSeries, {
    upColor: COLORS.up,
    downColor: COLORS.down,
    wickUpColor: COLORS.up,
    wickDownColor: COLORS.down,
    borderVisible: false,
    priceFormat: { type: 'price', precision: 0, minMove: 1 },
  });
  const volumes = chart.addSeries(HistogramSeries, {
    priceScaleId: 'volume',
    priceFormat: { type: 'volume' },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  candles.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.24 } });
  volumes.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
  return { candles, volumes, fit: () => chart.timeScale().scrollToRealTime() };
}

function candle(time: number, open: number, high: number, low: number, close: number): CandlestickData<UTCTimestamp> {
  return { time: time as UTCTimestamp, open, high, low, close };
}

function intervalButtons(chosen: CandleInterval, choose: (interval: CandleInterval) => void): void {
  const group = byId('intervals', HTMLElement);
  for (const interval of CANDLE_INTERVALS) {
    const button = make('button', '', interval);
    button.type = 'button';
    button.setAttribute('aria-pressed', String(interval === chosen));
    button.addEventListener('click', () => {
      for (const other of group.children) other.setAttribute('aria-pressed', String(other === button));
      choose(interval);
    });
    group.append(button);
  }
}

function say(note: HTMLElement, text: string): void {
  note.textContent = text;
  note.hidden = false;
}
