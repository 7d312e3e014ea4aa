import { SelfTradePrevention } from '../codes.js';
import type { BookConfig } from '../order-book.js';
import { isPrice, isSelfTradePrevention } from './check-order.js';

const MAX_BPS = 10_000;
const MAX_WINDOW_MS = 600_000;
const MAX_HALT_MS = 86_400_000;

export const DEFAULT_CONFIG: Readonly<Required<BookConfig>> = {
  dayOffsetMin: 540,
  selfTradePrevention: SelfTradePrevention.None,
  referencePrice: 0,
  referenceWindowMs: 300_000,
  priceBandBps: 0,
  haltThresholdBps: 0,
  haltDurationMs: 300_000,
};

/** True if every value of the configuration is one the book knows. */
export function isConfig(config: BookConfig): boolean {
  const all = changedConfig(DEFAULT_CONFIG, config);
  return (
    isWithin(all.dayOffsetMin, -720, 840) &&
    isSelfTradePrevention(all.selfTradePrevention) &&
    (all.referencePrice === 0 || isPrice(all.referencePrice)) &&
    isWithin(all.referenceWindowMs, 1, MAX_WINDOW_MS) &&
    isWithin(all.priceBandBps, 0, MAX_BPS) &&
    isWithin(all.haltThresholdBps, 0, MAX_BPS) &&
    isWithin(all.haltDurationMs, 1, MAX_HALT_MS)
  );
}

function isWithin(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}

/** True if trades have to be remembered for a reference price. */
export function needsReference(config: Readonly<Required<BookConfig>>): boolean {
  return config.priceBandBps > 0 || config.haltThresholdBps > 0;
}

/** `config` with the changes; fields that are absent or undefined stay. Only what a configuration has is taken over. */
export function changedConfig(config: Readonly<Required<BookConfig>>, change: BookConfig): Required<BookConfig> {
  return {
    dayOffsetMin: change.dayOffsetMin ?? config.dayOffsetMin,
    selfTradePrevention: change.selfTradePrevention ?? config.selfTradePrevention,
    referencePrice: change.referencePrice ?? config.referencePrice,
    referenceWindowMs: change.referenceWindowMs ?? config.referenceWindowMs,
    priceBandBps: change.priceBandBps ?? config.priceBandBps,
    haltThresholdBps: change.haltThresholdBps ?? config.haltThresholdBps,
    haltDurationMs: change.haltDurationMs ?? config.haltDurationMs,
  };
}
