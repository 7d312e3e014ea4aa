const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Ticks or lots with thousands separators. */
export const integer = (value: number): string => whole.format(value);

/** `+2.50 %`; the sign always shows. */
export function percent(value: number): string {
  const sign = value > 0 ? '+' : value < 0 ? '−' : '';
  return `${sign}${Math.abs(value).toFixed(2)} %`;
}

/** `14:03:59` of the reader's own day. */
export function clock(epochMs: number): string {
  return new Date(epochMs).toLocaleTimeString('en-GB', { hour12: false });
}

/** What a person typed, as the integer it says, else NaN: `1,000` and ` 15 ` are integers, `1.5` and `1e3` are none. */
export function typedInteger(text: string): number {
  const digits = text.replace(/[,\s_]/g, '');
  return /^\d{1,15}$/.test(digits) ? Number(digits) : NaN;
}
