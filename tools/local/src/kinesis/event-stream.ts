import { crc32 } from 'node:zlib';

const STRING_HEADER = 7;

/** One message of AWS's binary event stream: lengths, header block, payload, and a CRC-32 over each part. */
function encodeMessage(headers: Readonly<Record<string, string>>, payload: Buffer): Buffer {
  const block = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const head = Buffer.from([name.length, ...Buffer.from(name, 'latin1'), STRING_HEADER, 0, 0]);
      const text = Buffer.from(value, 'utf8');
      head.writeUInt16BE(text.length, head.length - 2);
      return Buffer.concat([head, text]);
    }),
  );
  const message = Buffer.alloc(16 + block.length + payload.length);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(block.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  block.copy(message, 12);
  payload.copy(message, 12 + block.length);
  message.writeUInt32BE(crc32(message.subarray(0, message.length - 4)), message.length - 4);
  return message;
}

/** An event with a JSON payload; `initial-response` has to be the first one of an answer. */
export const encodeEvent = (type: string, payload: unknown): Buffer =>
  encodeMessage(
    { ':message-type': 'event', ':event-type': type, ':content-type': 'application/json' },
    Buffer.from(JSON.stringify(payload), 'utf8'),
  );

/** An exception that ends a stream which had begun well. */
export const encodeException = (type: string, message: string): Buffer =>
  encodeMessage(
    { ':message-type': 'exception', ':exception-type': type, ':content-type': 'application/json' },
    Buffer.from(JSON.stringify({ message }), 'utf8'),
  );
