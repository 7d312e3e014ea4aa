import { FrameScanner } from './frame-scanner.js';

/** A masked client frame. */
function frame(length: number, { fin = true, opcode = 1 } = {}): Buffer {
  const first = (fin ? 0x80 : 0) | opcode;
  const mask = Buffer.alloc(4, 0xff);
  // A payload that looks like headers of enormous frames.
  const payload = Buffer.alloc(length, 0xff);
  if (length < 126) return Buffer.concat([Buffer.from([first, 0x80 | length]), mask, payload]);
  if (length < 65_536) return Buffer.concat([Buffer.from([first, 0xfe, length >> 8, length & 0xff]), mask, payload]);
  const long = Buffer.alloc(10);
  long.set([first, 0xff]);
  long.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([long, mask, payload]);
}

const cut = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

test.each([[1], [2], [3], [7], [1000], [1_000_000]])('frames within the bound pass, cut every %d bytes', (size) => {
  const stream = Buffer.concat([0, 1, 125, 126, 127, 1000, 65_535, 65_536, 100_000].map((length) => frame(length)));
  const scanner = new FrameScanner(100_000);
  expect(cut(stream, size).some((chunk) => scanner.exceeds(chunk))).toBe(false);
  expect(scanner.messages).toBe(9);
});

test.each([[1], [5], [1_000_000]])('the first frame over the bound is found, cut every %d bytes', (size) => {
  for (const [bound, length] of [
    [100, 101],
    [125, 126],
    [1000, 1001],
    [65_535, 65_536],
  ] as const) {
    const scanner = new FrameScanner(bound);
    const stream = Buffer.concat([frame(bound), frame(bound), frame(length)]);
    expect(cut(stream, size).some((chunk) => scanner.exceeds(chunk))).toBe(true);
    expect(scanner.messages).toBe(2);
  }
});

test('a message of several frames counts once, a control frame never', () => {
  const scanner = new FrameScanner(100);
  const ping = frame(5, { opcode: 9 });
  const stream = [
    frame(10, { fin: false }),
    ping,
    frame(10, { fin: false, opcode: 0 }),
    frame(10, { opcode: 0 }),
    ping,
  ];
  expect(scanner.exceeds(Buffer.concat(stream))).toBe(false);
  expect(scanner.messages).toBe(1);
});

test('a length of 2^63 is over any bound', () => {
  expect(new FrameScanner(Number.MAX_SAFE_INTEGER).exceeds(Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]))).toBe(
    true,
  );
});
