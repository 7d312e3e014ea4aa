/**
 * A new id: `prefix` and a UUIDv7, whose first 48 bits are the time, so that ids sort by age.
 * `crypto.getRandomValues` also works on pages without TLS, where `crypto.randomUUID` does not exist.
 */
function newId(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let time = Date.now();
  for (let i = 5; i >= 0; i--) {
    bytes[i] = time % 256;
    time = Math.floor(time / 256);
  }
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${prefix}${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A fresh order id, `ord_` + UUIDv7: for an app that wants to know the id before it places the order. */
export const newOrderId = (): string => newId('ord_');

/** A fresh request id: one request, one effect. Repeat a call with the same one to retry it safely. */
export const newRequestId = (): string => newId('req_');
