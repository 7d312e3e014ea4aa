const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Number of the trading day that `time` (epoch ms) falls into, for a day that begins at 00:00 of `offsetMin` east of UTC. */
export function tradingDay(time: number, offsetMin: number): number {
  return Math.floor((time + offsetMin * MINUTE_MS) / DAY_MS);
}

/** When that trading day begins, epoch ms. */
export function dayStart(day: number, offsetMin: number): number {
  return day * DAY_MS - offsetMin * MINUTE_MS;
}

/** The first day boundary after `time`, epoch ms. */
export function nextDayBoundary(time: number, offsetMin: number): number {
  return dayStart(tradingDay(time, offsetMin) + 1, offsetMin);
}
