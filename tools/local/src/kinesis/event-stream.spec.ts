import { encodeEvent, encodeException } from './event-stream.js';

/** Taken apart by the published layout: two lengths and their CRC, headers (all strings here), payload, CRC of all. */
function decode(message: Buffer) {
  const total = message.readUInt32BE(0);
  const headersEnd = 12 + message.readUInt32BE(4);
  const headers: Record<string, string> = {};
  for (let at = 12; at < headersEnd;) {
    const nameEnd = at + 1 + message.readUInt8(at);
    const valueEnd = nameEnd + 3 + message.readUInt16BE(nameEnd + 1);
    expect(message.readUInt8(nameEnd)).toBe(7);
    headers[message.toString('utf8', at + 1, nameEnd)] = message.toString('utf8', nameEnd + 3, valueEnd);
    at = valueEnd;
  }
  return {
    whole: total === message.length,
    headers,
    payload: JSON.parse(message.toString('utf8', headersEnd, total - 4)) as unknown,
    checksums: [message.readUInt32BE(8), message.readUInt32BE(total - 4)],
    computed: [crc32Of(message.subarray(0, 8)), crc32Of(message.subarray(0, total - 4))],
  };
}

/** CRC-32 bit by bit, apart from the library's. */
function crc32Of(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

test('an event carries its type and its payload between right checksums', () => {
  const decoded = decode(encodeEvent('SubscribeToShardEvent', { Records: [], note: '가격' }));
  expect(decoded.whole).toBe(true);
  expect(decoded.checksums).toEqual(decoded.computed);
  expect(decoded.payload).toEqual({ Records: [], note: '가격' });
  expect(decoded.headers).toEqual({
    ':message-type': 'event',
    ':event-type': 'SubscribeToShardEvent',
    ':content-type': 'application/json',
  });
});

test('an exception names its type and says its message', () => {
  const decoded = decode(encodeException('ResourceNotFoundException', 'gone'));
  expect(decoded.checksums).toEqual(decoded.computed);
  expect(decoded.headers).toMatchObject({
    ':message-type': 'exception',
    ':exception-type': 'ResourceNotFoundException',
  });
  expect(decoded.payload).toEqual({ message: 'gone' });
});
